package org.rlhf4j.dpo;

import ai.djl.ndarray.NDArray;

/** What is made of labels of which a share is wrong. */
public enum Smoothing {
  /** {@link PreferenceLoss#conservative}. */
  CONSERVATIVE {
    @Override
    NDArray loss(NDArray x, double smoothing) {
      return PreferenceLoss.conservative(x, smoothing);
    }
  },
  /** {@link PreferenceLoss#robust}. */
  ROBUST {
    @Override
    NDArray loss(NDArray x, double smoothing) {
      return PreferenceLoss.robust(x, smoothing);
    }
  };

  /** The loss of pairs that are x ahead [P]. */
  abstract NDArray loss(NDArray x, double smoothing);
}
