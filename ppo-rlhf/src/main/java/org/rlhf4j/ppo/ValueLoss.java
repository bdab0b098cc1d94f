package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;

/**
 * The losses of PPO, per token and differentiable; means are the trainer's business.
 *
 * <p>Policy (Schulman et al. 2017, equation 7, negated): with ρ = exp(log π − log π_old), max(−A ρ,
 * −A clip(ρ, 1 − ε, 1 + ε)).
 *
 * <p>Value (its clipped form, from the code of the same paper): ½ max((V − G)², (clip(V, V_old −
 * ε_v, V_old + ε_v) − G)²).
 */
final class PpoLoss {
  private PpoLoss() {}

  /**
   * The clipped surrogate.
   *
   * @param logprobs log π [M], differentiable
   * @param oldLogprobs log π_old [M]
   * @param advantages A [M]
   * @param clip ε
   * @return loss per token [M]
   */
  static NDArray policy(NDArray logprobs, NDArray oldLogprobs, NDArray advantages, double clip) {
    NDArray ratio = logprobs.sub(oldLogprobs).exp();
    NDArray negated = advantages.neg();
    return negated.mul(ratio).maximum(negated.mul(ratio.clip(1 - clip, 1 + clip)));
  }

  /** Whether the clipped branch of {@link #policy} is strictly the greater for a token. */
  static boolean isClipped(double logRatio, double advantage, double clip) {
    double ratio = Math.exp(logRatio);
    double clipped = Math.max(1 - clip, Math.min(1 + clip, ratio));
    return -advantage * clipped > -advantage * ratio;
  }

  /**
   * The value loss.
   *
   * @param values V [M], differentiable
   * @param oldValues V_old [M]: those of the rollout
   * @param returns G [M]
   * @param clip ε_v; 0 leaves the values unclipped
   * @return loss per token [M]
   */
  static NDArray value(NDArray values, NDArray oldValues, NDArray returns, double clip) {
    NDArray plain = values.sub(returns).square();
    if (clip == 0) {
      return plain.mul(0.5);
    }
    NDArray moved = oldValues.add(values.sub(oldValues).clip(-clip, clip));
    return plain.maximum(moved.sub(returns).square()).mul(0.5);
  }
}
