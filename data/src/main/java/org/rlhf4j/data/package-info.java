/**
 * The settings of everything that reads rows: files and their weights, the format, the longest row,
 * batches, and what is held out. The packages beneath go from a file's fields to tokens: file, row,
 * report, token, batch, split.
 */
package org.rlhf4j.data;
