package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.rollout.RolloutMicroBatch;

/**
 * The clipped surrogate (Schulman et al. 2017, equation 7, negated), and on request its second clip
 * (Ye et al. 2020, equation 5):
 *
 * <pre>
 *   L = max(−A ρ, −A clip(ρ, 1 − ε, 1 + ε))
 *   dual clip c, where A &lt; 0:   min(L, −A c)
 * </pre>
 *
 * @param clip ε
 * @param dualClip c above 1, or null for none
 */
record ClippedObjective(double clip, Double dualClip) implements PolicyObjective {

  @Override
  public NDArray loss(
      NDArray ratios, NDArray advantages, LogprobPass pass, RolloutMicroBatch batch) {
    return loss(ratios, advantages);
  }

  NDArray loss(NDArray ratios, NDArray advantages) {
    NDArray negated = advantages.neg();
    NDArray loss = negated.mul(ratios).maximum(negated.mul(ratios.clip(1 - clip, 1 + clip)));
    if (dualClip == null) {
      return loss;
    }
    return NDArrays.where(advantages.lt(0), loss.minimum(negated.mul(dualClip)), loss);
  }

  /** Whether a branch without gradient is strictly the one that holds. */
  @Override
  public boolean isClipped(double ratio, double advantage) {
    double clipped = Math.max(1 - clip, Math.min(1 + clip, ratio));
    boolean dual = dualClip != null && advantage < 0 && ratio > dualClip;
    return dual || -advantage * clipped > -advantage * ratio;
  }
}
