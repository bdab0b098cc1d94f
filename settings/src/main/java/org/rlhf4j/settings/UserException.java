package org.rlhf4j.settings;

/**
 * A failure that its user can act on. The message is one line: what went wrong, where
 * (file:line:column when it is in a file), and what to do. The command ends with exit code 1 and
 * prints that line last.
 */
public class UserException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates a failure from its one line.
   *
   * @param oneLine what went wrong, where, and what to do
   */
  public UserException(String oneLine) {
    super(oneLine);
  }

  /**
   * Creates a failure from its one line and what caused it.
   *
   * @param oneLine what went wrong, where, and what to do
   * @param cause shown only with {@code --verbose}
   */
  public UserException(String oneLine, Throwable cause) {
    super(oneLine, cause);
  }
}
