package org.rlhf4j.rollout;

/** What judges completions. */
@FunctionalInterface
public interface Reward {
  /**
   * Scores a batch.
   *
   * @param rollout completions without scores
   * @return one raw score per completion, in flat order
   */
  double[] score(Rollout rollout);
}
