package org.rlhf4j.rollout;

/** What a replay computes from the models as they stand, whatever was recorded. */
public enum Recomputed {
  /** The critic's values. */
  VALUES {
    @Override
    Rollout without(Rollout recorded) {
      return recorded.withValues(new float[recorded.size()][]);
    }
  },
  /** The log-probabilities of π_old; recorded ones are those of a behaviour policy then. */
  LOGPROBS {
    @Override
    Rollout without(Rollout recorded) {
      return recorded.ofBehaviour();
    }
  },
  /** The log-probabilities of the reference. */
  REFERENCE {
    @Override
    Rollout without(Rollout recorded) {
      return recorded.withRefLogprobs(new float[recorded.size()][]);
    }
  };

  /**
   * Takes what is to be computed from a rollout.
   *
   * @param recorded as it was read
   */
  abstract Rollout without(Rollout recorded);
}
