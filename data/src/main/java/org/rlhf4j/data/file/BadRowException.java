package org.rlhf4j.data.file;

import org.rlhf4j.settings.UserException;

/** Thrown where a row is bad and the rows after it can still be read. */
public final class BadRowException extends UserException {

  private static final long serialVersionUID = 1L;

  private final transient BadRow row;

  /**
   * Creates the failure.
   *
   * @param location where the fault is
   * @param reason what is wrong and what to do, on one line
   */
  public BadRowException(Location location, String reason) {
    this(new BadRow(location, reason));
  }

  private BadRowException(BadRow row) {
    super(row.message());
    this.row = row;
  }

  /**
   * Returns what is wrong, and where.
   *
   * @return the row
   */
  public BadRow row() {
    return row;
  }
}
