/**
 * Rows and what is made of them before a model sees them. {@link org.rlhf4j.data.RowReader} reads
 * CSV, JSON and Parquet and names the place of every fault; {@link org.rlhf4j.data.RowTokenizer}
 * makes token ids of rows, {@link org.rlhf4j.data.SplitRows} both sides of a held-out split with a
 * report on all of it; {@link org.rlhf4j.data.BatchOrder} says which rows a step takes, and {@link
 * org.rlhf4j.data.MicroBatches} which of them go through a network together.
 */
package org.rlhf4j.data;
