package org.rlhf4j.rollout.ratio;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import org.rlhf4j.model.torch.Scalars;

/**
 * The clipped surrogate of a policy gradient (Schulman et al. 2017, equation 7, negated), its range
 * not of one width on both sides (Yu et al. 2025), and on request its second clip (Ye et al. 2020,
 * equation 5), per token:
 *
 * <pre>
 *   L = max(−A ρ, −A clip(ρ, 1 − ε_low, 1 + ε_high))
 *   dual clip c, where A &lt; 0:   min(L, −A c)
 * </pre>
 *
 * @param clipLow ε_low
 * @param clipHigh ε_high
 * @param dualClip c above 1, or null for none
 */
public record ClippedSurrogate(double clipLow, double clipHigh, Double dualClip) {

  /**
   * The loss of tokens.
   *
   * @param ratios ρ = π_θ / π_old [M], differentiable
   * @param advantages A [M]
   * @return loss per token [M]
   */
  public NDArray loss(NDArray ratios, NDArray advantages) {
    NDArray negated = advantages.neg();
    NDArray loss = negated.mul(ratios).maximum(negated.mul(ratios.clip(1 - clipLow, 1 + clipHigh)));
    if (dualClip == null) {
      return loss;
    }
    return NDArrays.where(advantages.lt(0), loss.minimum(Scalars.times(negated, dualClip)), loss);
  }

  /** Whether a branch without gradient is strictly the one that holds for a token. */
  public boolean isClipped(double ratio, double advantage) {
    double clipped = Math.max(1 - clipLow, Math.min(1 + clipHigh, ratio));
    boolean dual = dualClip != null && advantage < 0 && ratio > dualClip;
    return dual || -advantage * clipped > -advantage * ratio;
  }
}
