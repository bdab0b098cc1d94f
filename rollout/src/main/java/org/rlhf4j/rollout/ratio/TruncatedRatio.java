package org.rlhf4j.rollout.ratio;

import ai.djl.ndarray.NDArray;
import org.rlhf4j.model.torch.Scalars;

/**
 * Importance ratios ρ with a cap c (Espeholt et al. 2018, section 4.1): a token weighs as much as
 * min(ρ, c), a constant, in the policy gradient. So the factor min(ρ, c) / ρ is held constant and
 * multiplies ρ:
 *
 * <pre>  ρ' = min(ρ, c),   ∇ρ' = min(ρ, c) ∇ log π</pre>
 *
 * Beyond the cap it goes on pulling, where the derivative of min(ρ, c) would be 0. The cap is taken
 * of log ρ, before the exponential: no log ρ is too large. Without a cap e⁴⁰ is one: fp32 soon
 * can't hold a larger ratio, and a smaller one keeps its bits.
 */
public final class TruncatedRatio {
  /** The largest log ρ where nothing caps it. */
  private static final double LARGEST_LOG = 40;

  private TruncatedRatio() {}

  /**
   * The ratios.
   *
   * @param logRatios log ρ, any shape, differentiable
   * @param maxRatio c above 0; null for none
   * @return ρ', of the same shape
   */
  public static NDArray of(NDArray logRatios, Double maxRatio) {
    NDArray constant = logRatios.stopGradient();
    NDArray weights = Scalars.atMost(constant, largestLog(maxRatio)).exp();
    return weights.mul(logRatios.sub(constant).exp());
  }

  /**
   * The logarithm of the factor min(ρ, c) / ρ.
   *
   * @param logRatio log ρ
   * @param maxRatio c above 0; null for none
   * @return 0 up to the cap
   */
  public static double logFactor(double logRatio, Double maxRatio) {
    return Math.min(0, largestLog(maxRatio) - logRatio);
  }

  /** A log ρ whose exponential is finite: that of e⁴⁰ at most. */
  public static double boundedLog(double logRatio) {
    return Math.min(logRatio, LARGEST_LOG);
  }

  private static double largestLog(Double maxRatio) {
    return maxRatio == null ? LARGEST_LOG : Math.log(maxRatio);
  }
}
