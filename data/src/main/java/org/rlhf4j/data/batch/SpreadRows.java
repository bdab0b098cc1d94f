package org.rlhf4j.data.batch;

import java.util.List;
import java.util.stream.IntStream;

/** A few rows to show: files often have similar rows beside each other, so not the first ones. */
public final class SpreadRows {

  private SpreadRows() {}

  /**
   * Takes rows at equal distances.
   *
   * @param rows rows
   * @param most how many to take
   * @param <T> their type
   * @return the first row and those that follow at a distance of rows / most; all where there are
   *     no more
   */
  public static <T> List<T> of(List<T> rows, int most) {
    int taken = Math.min(most, rows.size());
    return IntStream.range(0, taken)
        .mapToObj(i -> rows.get((int) ((long) i * rows.size() / taken)))
        .toList();
  }
}
