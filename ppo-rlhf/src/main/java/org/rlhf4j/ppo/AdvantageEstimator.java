package org.rlhf4j.ppo;

/** The names of what estimates how much better than the critic expected a completion goes on. */
public enum AdvantageEstimator {
  /** {@link Gae}. */
  GAE,
  /** {@link NStep}. */
  N_STEP
}
