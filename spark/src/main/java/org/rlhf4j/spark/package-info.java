/**
 * A cluster of Apache Spark: its executors sample, score and compute gradients, slice by slice. The
 * process that trains is Spark's driver.
 */
package org.rlhf4j.spark;
