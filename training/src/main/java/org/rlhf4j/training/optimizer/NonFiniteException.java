package org.rlhf4j.training.optimizer;

import java.util.Optional;
import org.rlhf4j.model.weights.FiniteWeights;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.settings.UserException;

/** A loss, a gradient or a weight that isn't finite: training can't go on from there. */
public final class NonFiniteException extends UserException {

  private static final long serialVersionUID = 1L;

  /** Characters of a text. */
  private static final int SHOWN = 80;

  private static final String CAUSES =
      "likely causes: the learning rate is too high (lower --learning-rate, or add --warmup-steps),"
          + " weights that are damaged, or bf16 where fp32 is needed";

  /**
   * Names what isn't finite, and the likely causes.
   *
   * @param what such as {@code gradient norm}
   * @param value its value, NaN or infinite
   */
  /** A fault in words of its own, such as with the step that it came at. */
  public NonFiniteException(String what, double value) {
    this("the " + what + " is " + value + "; " + CAUSES);
  }

  /**
   * Names what isn't finite, and the first text of the slice that it came from.
   *
   * @param what such as {@code loss}
   * @param text a prompt or a row, shown as far as it fits on a line
   */
  public static NonFiniteException at(String what, String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    String shown = line.length() > SHOWN ? line.substring(0, SHOWN) + "…" : line;
    return new NonFiniteException(
        "the %s isn't finite in the slice that begins with \"%s\"; %s"
            .formatted(what, shown, CAUSES));
  }

  /**
   * Stops a step where a number isn't finite.
   *
   * @param what such as {@code policy loss}
   * @param value its value
   * @return the value, finite
   * @throws NonFiniteException where it is NaN or infinite
   */
  public static double check(String what, double value) {
    if (!Double.isFinite(value)) {
      throw new NonFiniteException(what, value);
    }
    return value;
  }

  /**
   * Stops a run whose weights aren't finite.
   *
   * @param weights all of them, fp32
   * @throws NonFiniteException where one is NaN or infinite, with the name of its tensor
   */
  public static void check(Parameters weights) {
    Optional<FiniteWeights.Fault> found = FiniteWeights.fault(weights);
    if (found.isPresent()) {
      throw new NonFiniteException("the tensor " + found.get() + " after the update; " + CAUSES);
    }
  }

  /**
   * Creates the failure of a step.
   *
   * @param oneLine which step, what it computed, and where its batch is
   */
  public NonFiniteException(String oneLine) {
    super(oneLine);
  }
}
