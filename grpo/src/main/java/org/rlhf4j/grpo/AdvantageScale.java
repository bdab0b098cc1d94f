package org.rlhf4j.grpo;

/** The names of what is done to the advantages of a batch, all groups together. */
public enum AdvantageScale {
  /** Nothing. */
  NONE {
    @Override
    Advantages of(Advantages advantages) {
      return advantages;
    }
  },
  /** {@link BatchScaled}. */
  BATCH {
    @Override
    Advantages of(Advantages advantages) {
      return new BatchScaled(advantages);
    }
  };

  /** Advantages that are scaled. */
  abstract Advantages of(Advantages advantages);
}
