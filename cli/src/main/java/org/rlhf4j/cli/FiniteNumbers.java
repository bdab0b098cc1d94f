package org.rlhf4j.cli;

import org.rlhf4j.model.UserException;

/** Keeps what isn't a number out of results: JSON has no word for it. */
final class FiniteNumbers {

  private FiniteNumbers() {}

  /** Fails where one of a model's numbers is NaN or infinite. */
  static void require(float[] numbers, String what) {
    for (float number : numbers) {
      if (!Float.isFinite(number)) {
        throw new UserException(
            "the model gives a "
                + what
                + " of "
                + number
                + "; its weights are damaged or overflow");
      }
    }
  }
}
