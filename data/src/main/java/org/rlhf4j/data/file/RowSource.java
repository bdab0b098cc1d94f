package org.rlhf4j.data.file;

/** The rows of one file, in its order, whatever they mean: one implementation for each format. */
public interface RowSource extends AutoCloseable {

  /**
   * Returns the next row's fields, or null after the last.
   *
   * @throws BadRowException if this row is bad and the next can still be read
   * @throws org.rlhf4j.settings.UserException if nothing after this can be read
   */
  Fields next();

  @Override
  void close();

  /** How many rows so far were left out since all of their cells are empty. */
  default int blankRows() {
    return 0;
  }
}
