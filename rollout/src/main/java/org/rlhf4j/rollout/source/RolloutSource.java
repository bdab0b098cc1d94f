package org.rlhf4j.rollout.source;

import org.rlhf4j.rollout.Rollout;

/** Where a step's rollout comes from: sampled and scored, or read from a file. */
public interface RolloutSource {
  /** How many steps go once over what rollouts are made from: prompts, or recorded steps. */
  long stepsPerEpoch();

  /**
   * The rollout of a step, scored: a function of the step, the policy's weights and the seed.
   *
   * @param step from 1
   * @return the batch
   */
  Rollout rollout(int step);
}
