package org.rlhf4j.training;

import org.rlhf4j.model.UserException;

/** A loss or a gradient that isn't finite: training can't go on from there. */
public final class NonFiniteException extends UserException {

  private static final long serialVersionUID = 1L;

  private static final String CAUSES =
      "likely causes: the learning rate is too high (lower --learning-rate, or add --warmup-steps),"
          + " weights that are damaged, or bf16 where fp32 is needed";

  /**
   * Names what isn't finite, and the likely causes.
   *
   * @param what such as {@code gradient norm}
   * @param value its value, NaN or infinite
   */
  public NonFiniteException(String what, double value) {
    this("the " + what + " is " + value + "; " + CAUSES);
  }

  NonFiniteException(String oneLine) {
    super(oneLine);
  }
}
