package org.rlhf4j.ppo;

/** The names of what the rewards to come are compared with. */
public enum Baseline {
  /** What the critic expected: A = G − V by the {@link AdvantageEstimator}. */
  CRITIC,
  /** Nothing: A is the reward to go (Williams 1992). */
  NONE
}
