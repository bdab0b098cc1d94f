package org.rlhf4j.data.file;

/**
 * A place in a data file.
 *
 * @param file the file as the user named it
 * @param line from 1
 * @param column in characters, from 1; of a CSV record it is 1
 */
public record Location(String file, long line, int column) {

  /** Writes the place as {@code file:line:column}. */
  @Override
  public String toString() {
    return file + ":" + line + ":" + column;
  }
}
