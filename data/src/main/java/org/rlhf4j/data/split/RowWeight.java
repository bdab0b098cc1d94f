package org.rlhf4j.data.split;

import java.util.Locale;
import org.rlhf4j.data.report.TextHashes;
import org.rlhf4j.data.row.Row;

/** How often an epoch takes a row of a file with a weight. */
final class RowWeight {

  private RowWeight() {}

  /** Says how many rows an epoch takes. */
  static String sentence(int rows) {
    return String.format(Locale.ROOT, "an epoch takes %,d rows, by data-weights", rows);
  }

  /**
   * The weight's whole part, and once more where the hash of the row's text falls in its fraction:
   * the same rows whatever the seed and the order. It isn't the hash that holds rows out.
   *
   * @param row the row
   * @param weight its file's
   * @return 0 or more
   */
  static int times(Row row, double weight) {
    int whole = (int) weight;
    double position = (TextHashes.of(row) >>> 11) * 0x1p-53;
    return position < weight - whole ? whole + 1 : whole;
  }
}
