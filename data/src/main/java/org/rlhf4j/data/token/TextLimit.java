package org.rlhf4j.data.token;

import java.util.Locale;
import org.rlhf4j.data.file.BadRowException;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.Row;

/**
 * How much text a row may give a tokenizer. The native tokenizer takes about 230 bytes for each
 * character while it works, so that the longest row which can be read would take 3.5 GB.
 */
final class TextLimit {

  /** The most characters (UTF-16 units) of a prompt with a completion: half a gigabyte. */
  static final int CHARACTERS = 1 << 21;

  private TextLimit() {}

  /**
   * Makes sure that a row isn't too long to tokenize.
   *
   * @throws BadRowException if it is
   */
  static void require(Row row) {
    long characters = (long) row.prompt().length() + longestCompletion(row);
    if (characters > CHARACTERS) {
      throw new BadRowException(
          row.location(),
          String.format(
              Locale.ROOT,
              "the row's text has %,d characters, and at most %,d are tokenized; shorten it or"
                  + " leave it out",
              characters,
              CHARACTERS));
    }
  }

  private static int longestCompletion(Row row) {
    if (row instanceof Demonstration demonstration) {
      return demonstration.completion().length();
    }
    return row instanceof Comparison comparison
        ? comparison.completions().stream().mapToInt(String::length).max().orElse(0)
        : 0;
  }
}
