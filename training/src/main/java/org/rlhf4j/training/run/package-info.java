/**
 * A run's folder: its lock, configuration, metrics, samples and checkpoints, each written whole or
 * not at all.
 */
package org.rlhf4j.training.run;
