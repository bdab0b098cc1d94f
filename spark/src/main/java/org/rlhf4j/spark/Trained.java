package org.rlhf4j.spark;

import java.io.Serializable;

/**
 * The weights that are trained, at some time.
 *
 * @param version counts them in a driver
 * @param numbers the weights
 */
record Trained(long version, float[] numbers) implements Serializable {}
