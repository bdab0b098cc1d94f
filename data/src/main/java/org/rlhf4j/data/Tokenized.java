package org.rlhf4j.data;

import java.util.ArrayList;
import java.util.List;

/**
 * What became of a file's rows.
 *
 * @param rows the rows kept, in order
 * @param report what was read, cut and dropped
 * @param <T> {@link TokenizedRow} or {@link TokenizedPrompt}
 */
public record Tokenized<T>(List<T> rows, DataReport report) {

  /** Keeps an unmodifiable copy. */
  public Tokenized {
    rows = List.copyOf(rows);
  }

  /**
   * Says what became of the rows, and how many an epoch takes where weights make it another number.
   *
   * @param title what rows they are
   * @return lines without line breaks
   */
  public List<String> lines(String title) {
    List<String> lines = new ArrayList<>(report.lines(title));
    if (rows.size() != report.kept()) {
      lines.add(RowWeight.sentence(rows.size()));
    }
    return lines;
  }
}
