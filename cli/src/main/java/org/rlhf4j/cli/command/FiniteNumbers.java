package org.rlhf4j.cli.command;

import org.rlhf4j.data.file.Location;
import org.rlhf4j.settings.UserException;

/** Keeps what isn't a number out of results: JSON has no word for it. */
public final class FiniteNumbers {

  private FiniteNumbers() {}

  /**
   * Fails where one of a model's numbers is NaN or infinite.
   *
   * @param place the row that the numbers are of
   * @param numbers the model's
   * @param what they are, such as {@code score}
   */
  public static void require(Location place, float[] numbers, String what) {
    try {
      require(numbers, what);
    } catch (UserException e) {
      throw new UserException(place + ": " + e.getMessage(), e);
    }
  }

  /** Fails where one of a model's numbers is NaN or infinite. */
  public static void require(float[] numbers, String what) {
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
