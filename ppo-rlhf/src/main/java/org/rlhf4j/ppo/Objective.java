package org.rlhf4j.ppo;

/** The names of the policy objectives. */
public enum Objective {
  /** {@link ClippedObjective}. */
  CLIP,
  /** {@link AdaptiveKlObjective}. */
  ADAPTIVE_KL,
  /** {@link VanillaObjective}. */
  VANILLA,
  /** {@link TrustRegion}. */
  TRUST_REGION;

  /** Whether its policy updates are single steps of the optimizer on minibatches. */
  boolean takesMinibatches() {
    return this != TRUST_REGION;
  }

  /** Whether it aims at a KL from the old policy. */
  boolean hasStepTarget() {
    return this == ADAPTIVE_KL || this == TRUST_REGION;
  }
}
