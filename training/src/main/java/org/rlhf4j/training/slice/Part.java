package org.rlhf4j.training.slice;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Consecutive items of a step.
 *
 * @param from the first, from 0
 * @param to behind the last
 */
public record Part(int from, int to) {

  /**
   * Part items into parts whose sizes differ by one at most. The cuts follow from the two numbers
   * alone, never from how many processes there are.
   *
   * @param items how many there are
   * @param most parts that are wanted; there are no more than items
   * @return the parts in order, none empty
   */
  public static List<Part> of(int items, int most) {
    int parts = Math.min(items, most);
    List<Part> cuts = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      cuts.add(new Part((int) ((long) items * i / parts), (int) ((long) items * (i + 1) / parts)));
    }
    return cuts;
  }

  /** These of all items. */
  public <T> T[] of(T[] all) {
    return Arrays.copyOfRange(all, from, to);
  }
}
