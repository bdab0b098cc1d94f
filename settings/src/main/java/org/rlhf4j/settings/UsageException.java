package org.rlhf4j.settings;

/** A wrong use of the command or the library: a bad setting, a missing input. Exit code 2. */
public class UsageException extends UserException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates a failure from its one line.
   *
   * @param oneLine what is wrong, where, and what was expected
   */
  public UsageException(String oneLine) {
    super(oneLine);
  }

  /**
   * Creates a failure from its one line and what caused it.
   *
   * @param oneLine what is wrong, where, and what was expected
   * @param cause shown only with {@code --verbose}
   */
  public UsageException(String oneLine, Throwable cause) {
    super(oneLine, cause);
  }
}
