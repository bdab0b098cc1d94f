package org.rlhf4j.data.file;

import java.util.function.Consumer;

/** What to do about a bad row: the setting {@code --on-bad-row}. */
public enum OnBadRow {
  /** Stop at the first one. */
  FAIL,
  /** Leave it out and go on. */
  SKIP;

  /**
   * Makes what a reader of rows tells of bad ones.
   *
   * @param skipped takes the rows that are left out, each before the row that follows it is read
   * @return a handler that throws, or passes on to {@code skipped}
   */
  public Consumer<BadRow> handler(Consumer<BadRow> skipped) {
    if (this == SKIP) {
      return skipped;
    }
    return row -> {
      throw row.exception();
    };
  }
}
