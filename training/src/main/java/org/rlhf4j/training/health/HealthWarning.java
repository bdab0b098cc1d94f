package org.rlhf4j.training.health;

/**
 * What a check found, and what to do about it.
 *
 * @param check what fired
 * @param step the step at which it first did
 * @param finding what the metrics say, in a sentence without its full stop
 * @param advice what to change, likewise
 */
public record HealthWarning(HealthCheck check, int step, String finding, String advice) {

  /** The warning in one line. */
  public String line() {
    return "warning: step " + step + ": " + finding + "; " + advice;
  }
}
