/**
 * Batches: the order in which rows are taken, and how they are packed into micro-batches under a
 * budget of tokens.
 */
package org.rlhf4j.data.batch;
