package org.rlhf4j.data.file;

import org.rlhf4j.settings.UserException;

/**
 * A row that can't be used.
 *
 * @param location where the fault is
 * @param reason what is wrong and what to do, on one line
 */
public record BadRow(Location location, String reason) {

  /**
   * Returns the fault with its place.
   *
   * @return {@code file:line:column: what; what to do}
   */
  public String message() {
    return location + ": " + reason;
  }

  /**
   * Makes the fault a failure.
   *
   * @return the exception to throw
   */
  UserException exception() {
    return new UserException(message());
  }
}
