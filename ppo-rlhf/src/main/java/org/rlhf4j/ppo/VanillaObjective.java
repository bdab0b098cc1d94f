package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.rollout.RolloutMicroBatch;

/**
 * The surrogate as it is, −A ρ. With one update a batch its gradient is that of −A log π: the
 * policy gradient with a critic, A2C (Mnih et al. 2016).
 */
record VanillaObjective() implements PolicyObjective {

  @Override
  public NDArray loss(
      NDArray ratios, NDArray advantages, LogprobPass pass, RolloutMicroBatch batch) {
    return advantages.neg().mul(ratios);
  }
}
