package org.rlhf4j.training.health;

/**
 * What a check found, and what to do about it.
 *
 * @param check what fired
 * @param step the step at which it first did
 * @param finding what the metrics say, in a sentence without its full stop
 */
public record HealthWarning(HealthCheck check, int step, String finding) {

  /** What to change, likewise. */
  public String advice() {
    return check.advice();
  }

  /** The warning in one line. */
  public String line() {
    return "warning: step " + step + ": " + finding + "; " + advice();
  }
}
