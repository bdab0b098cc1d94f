/**
 * Rows and what is made of them: readers for CSV and JSON that name the place of every fault, rows
 * as token ids, held-out splits, the order of batches and the report on all of it.
 */
package org.rlhf4j.data;
