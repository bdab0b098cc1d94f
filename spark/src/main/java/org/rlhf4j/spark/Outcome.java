package org.rlhf4j.spark;

import java.io.Serializable;

/**
 * What became of a slice. What is wrong with the run is told, not thrown: Spark would try it again.
 *
 * @param result of the slice, or null
 * @param failure one line, or null
 */
record Outcome<R extends Serializable>(R result, String failure) implements Serializable {}
