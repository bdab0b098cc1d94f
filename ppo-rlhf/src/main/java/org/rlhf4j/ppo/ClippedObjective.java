package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.rollout.ratio.ClippedSurrogate;

/**
 * PPO's own objective (Schulman et al. 2017, equation 7): the clipped surrogate.
 *
 * @param surrogate its range as wide below 1 as above
 */
record ClippedObjective(ClippedSurrogate surrogate) implements PolicyObjective {

  /**
   * The objective.
   *
   * @param clip ε
   * @param dualClip c above 1, or null for none
   */
  ClippedObjective(double clip, Double dualClip) {
    this(new ClippedSurrogate(clip, clip, dualClip));
  }

  @Override
  public NDArray loss(
      NDArray ratios, NDArray advantages, LogprobPass pass, RolloutMicroBatch batch) {
    return surrogate.loss(ratios, advantages);
  }

  @Override
  public boolean isClipped(double ratio, double advantage) {
    return surrogate.isClipped(ratio, advantage);
  }
}
