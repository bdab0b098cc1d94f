package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.training.run.Metrics;

/**
 * What a minibatch update minimises for the policy: a loss per token, whose mean is the trainer's
 * business. {@link #begin} and {@link #end} enclose the updates on a rollout batch.
 */
interface PolicyObjective {

  /** Takes what it needs of the policy as it stands before a batch's first update. */
  default void begin(Rollout rollout) {}

  /**
   * The loss of a micro-batch's tokens.
   *
   * @param ratios ρ = π_θ / π_old [M], differentiable
   * @param advantages A [M]
   * @param pass the policy's, for what else of its distribution a loss is made from
   * @param batch whose tokens they are
   * @return loss per token [M]
   */
  NDArray loss(NDArray ratios, NDArray advantages, LogprobPass pass, RolloutMicroBatch batch);

  /** Whether a clipped branch of the loss holds for a token. */
  default boolean isClipped(double ratio, double advantage) {
    return false;
  }

  /**
   * Adapts to what a batch's updates did to the policy.
   *
   * @return what it measured, for the step's metrics
   */
  default Metrics end(Rollout rollout) {
    return new Metrics();
  }

  /** Numbers that later steps depend on, by name. */
  default Map<String, Double> counters() {
    return Map.of();
  }

  /** Takes over {@link #counters()} of a checkpoint. */
  default void restoreCounters(Map<String, Double> counters) {}
}
