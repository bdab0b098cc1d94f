package org.rlhf4j.training.slice;

import java.util.ArrayList;
import java.util.List;

/**
 * Sums of arrays by a tree that follows from their number alone. Sums of floats depend on their
 * order in the last bits; here it is fixed, whichever array came first.
 */
public final class TreeSum {
  private TreeSum() {}

  /**
   * The sum, number by number: neighbours are added, then neighbours of what results, to the end.
   *
   * @param parts at least one, of one length; they are written over
   * @return the first of them
   */
  public static float[] of(List<float[]> parts) {
    List<float[]> level = parts;
    while (level.size() > 1) {
      List<float[]> next = new ArrayList<>();
      for (int i = 0; i < level.size(); i += 2) {
        next.add(i + 1 < level.size() ? add(level.get(i), level.get(i + 1)) : level.get(i));
      }
      level = next;
    }
    return level.get(0);
  }

  private static float[] add(float[] sum, float[] more) {
    if (sum.length != more.length) {
      throw new IllegalArgumentException(sum.length + " numbers and " + more.length);
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] += more[i];
    }
    return sum;
  }
}
