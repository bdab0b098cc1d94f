package org.rlhf4j.data.token;

import java.util.List;
import org.rlhf4j.data.report.DataReport;

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
}
