package org.rlhf4j.hub;

import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import org.rlhf4j.settings.UserException;

/**
 * The attempts at one thing: after each that failed a longer wait, or as long as the hub asks for,
 * and an end after {@value #MOST} that brought nothing.
 */
final class Attempts {

  /** Waits; a test doesn't. */
  @FunctionalInterface
  interface Sleeper {
    void sleep(Duration time) throws InterruptedException;
  }

  static final int MOST = 5;
  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);

  /** The hub counts requests over five minutes. */
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

  private final String what;
  private final Sleeper sleeper;
  private final Consumer<String> note;
  private int failed;

  /**
   * Begins.
   *
   * @param what what is attempted and where, for messages
   * @param sleeper waits
   * @param note is told of each wait
   */
  Attempts(String what, Sleeper sleeper, Consumer<String> note) {
    this.what = what;
    this.sleeper = sleeper;
    this.note = note;
  }

  /** An attempt got on, so the next failure counts as the first. */
  void gotOn() {
    failed = 0;
  }

  /**
   * Waits after a failure.
   *
   * @throws UnreachableException where it was the last attempt, or the wait would be too long
   */
  void waitAfter(PassingFailure failure) {
    failed++;
    Duration wait =
        failure.asked() == null ? FIRST_WAIT.multipliedBy(1L << (failed - 1)) : failure.asked();
    if (failed == MOST || wait.compareTo(LONGEST_WAIT) > 0) {
      throw new UnreachableException(
          what + ": " + failure.getMessage() + "; " + failure.advice(), failure);
    }
    note.accept(
        String.format(
            Locale.ROOT,
            "%s: %s; next attempt in %d s",
            what,
            failure.getMessage(),
            wait.toSeconds()));
    try {
      sleeper.sleep(wait);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserException(what + ": interrupted", e);
    }
  }
}
