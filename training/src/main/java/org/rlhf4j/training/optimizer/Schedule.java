package org.rlhf4j.training.optimizer;

/** The shape of a {@link LearningRateSchedule} after its warm-up. */
public enum Schedule {
  /** The rate stays. */
  CONSTANT,
  /** A line down to 0 at the end of the run. */
  LINEAR,
  /** Half a cosine down to 0 at the end of the run. */
  COSINE
}
