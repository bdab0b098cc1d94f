package org.rlhf4j.hub;

import java.io.IOException;
import java.time.Duration;

/** A failure that may be gone at the next attempt: a cut connection, an overloaded hub. */
final class PassingFailure extends IOException {

  private static final long serialVersionUID = 1L;

  private final String advice;
  private final Duration asked;

  /**
   * Describes it.
   *
   * @param reason such as "503 from the hub"
   * @param advice what to do where it doesn't pass
   * @param asked how long the hub asks to wait, or null
   * @param cause what was thrown, or null
   */
  PassingFailure(String reason, String advice, Duration asked, Throwable cause) {
    super(reason, cause);
    this.advice = advice;
    this.asked = asked;
  }

  String advice() {
    return advice;
  }

  Duration asked() {
    return asked;
  }
}
