package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import org.rlhf4j.model.torch.Scalars;

/**
 * What the critic minimises, per token and differentiable (the clipped form of the code of Schulman
 * et al. 2017):
 *
 * <pre>  ½ max((V − G)², (clip(V, V_old − ε_v, V_old + ε_v) − G)²)</pre>
 */
final class ValueLoss {
  private ValueLoss() {}

  /**
   * The loss.
   *
   * @param values V [M], differentiable
   * @param oldValues V_old [M]: those of the rollout
   * @param returns G [M]
   * @param clip ε_v; 0 leaves the values unclipped
   * @return loss per token [M]
   */
  static NDArray of(NDArray values, NDArray oldValues, NDArray returns, double clip) {
    NDArray plain = values.sub(returns).square();
    if (clip == 0) {
      return Scalars.times(plain, 0.5);
    }
    NDArray moved = oldValues.add(values.sub(oldValues).clip(-clip, clip));
    return Scalars.times(plain.maximum(moved.sub(returns).square()), 0.5);
  }
}
