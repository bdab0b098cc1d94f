package org.rlhf4j.rollout.reward;

import java.util.Optional;
import java.util.function.Supplier;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;

/** What judges completions. */
@FunctionalInterface
public interface Reward {
  /**
   * Scores a batch.
   *
   * @param rollout completions without scores
   * @return one raw score per completion, in flat order; NaN where nothing judges it
   */
  double[] score(Rollout rollout);

  /**
   * Hears of a completion that will be scored with others, as soon as it is sampled. What computes
   * elsewhere may begin with it.
   *
   * @param group the completion's, with no other in it
   */
  default void foresee(RolloutGroup group) {}

  /**
   * The batch with its scores and, where they are sums, with what they are sums of.
   *
   * @param rollout completions without scores
   * @return the batch
   */
  default Rollout scored(Rollout rollout) {
    return rollout.withScores(score(rollout));
  }

  /**
   * The same, for what compares completions with those of a reference.
   *
   * @param rollout completions without scores
   * @param reference samples the reference's completions of the same prompts with the same random
   *     numbers; empty where there is no reference
   * @return the batch
   */
  default Rollout scored(Rollout rollout, Supplier<Optional<Rollout>> reference) {
    return scored(rollout);
  }
}
