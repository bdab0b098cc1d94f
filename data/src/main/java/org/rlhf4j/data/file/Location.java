package org.rlhf4j.data.file;

import java.io.Serializable;

/**
 * A place in a data file.
 *
 * @param file the file as the user named it
 * @param line from 1
 * @param column in characters, from 1; of a CSV record it is 1
 */
public record Location(String file, long line, int column) implements Serializable {

  /** Writes the place as {@code file:line:column}. */
  @Override
  public String toString() {
    return file + ":" + line + ":" + column;
  }
}
