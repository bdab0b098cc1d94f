package org.rlhf4j.data;

import java.nio.file.Path;
import java.util.List;

/**
 * The rows of a run: those to train on and those to evaluate on.
 *
 * @param training rows to train on
 * @param heldOut rows to evaluate on; none where nothing is held out
 * @param <T> the rows' type
 */
public record SplitRows<T extends Row>(Rows<T> training, Rows<T> heldOut) {

  /**
   * Reads both sides.
   *
   * @param data files to train on
   * @param evalData files to evaluate on; where there are none, a share of {@code data} is
   * @param evalFraction that share; see {@link HeldOutSplit}
   * @param kind what is wanted of each row
   * @param onBadRow what to do about a bad row
   * @param <T> the rows' type
   * @return both sides; the bad rows of {@code data} stand on the training side
   */
  public static <T extends Row> SplitRows<T> read(
      List<Path> data,
      List<Path> evalData,
      double evalFraction,
      RowKind<T> kind,
      OnBadRow onBadRow) {
    Rows<T> rows = Rows.read(data, kind, onBadRow);
    if (!evalData.isEmpty()) {
      return new SplitRows<>(rows, Rows.read(evalData, kind, onBadRow));
    }
    HeldOutSplit.Sides<T> sides = new HeldOutSplit(evalFraction).split(rows.rows());
    return new SplitRows<>(
        new Rows<>(sides.training(), rows.bad()), new Rows<>(sides.heldOut(), List.of()));
  }
}
