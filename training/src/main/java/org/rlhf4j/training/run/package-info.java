/**
 * A run's folder: its lock, configuration, metrics, samples and checkpoints. Metrics and samples
 * grow by lines; all else is written whole or not at all. A checkpoint becomes visible when {@link
 * org.rlhf4j.training.run.AtomicFiles} renames it, in {@link
 * org.rlhf4j.training.run.Checkpoints#save}.
 */
package org.rlhf4j.training.run;
