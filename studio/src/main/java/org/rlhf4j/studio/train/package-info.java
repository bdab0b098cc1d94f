/**
 * Trainings that begin on the page: the labels' snapshot and the pipeline file that they are made
 * of, the queue in which they wait, and {@code rlhf run} as a process of its own, which outlives
 * the studio.
 */
package org.rlhf4j.studio.train;
