package org.rlhf4j.data.batch;

/**
 * A permutation that is a function of seed and epoch alone. The i-th number drawn is SplitMix64's
 * output function of key + i·γ (Steele, Lea and Flood 2014), key = mix(mix(seed) + epoch), so there
 * is no state to save; the numbers drive Fisher and Yates's shuffle from the last element down. A
 * number is taken modulo the elements left, a bias below 2⁻³² for any list that fits in memory.
 */
public final class Shuffle {

  private static final long GAMMA = 0x9E3779B97F4A7C15L;

  private Shuffle() {}

  /**
   * Permutes 0 to n − 1.
   *
   * @param n how many
   * @param seed the run's
   * @param epoch from 0
   * @return each index once
   */
  public static int[] permutation(int n, long seed, long epoch) {
    long key = mix(mix(seed) + epoch);
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    for (int last = n - 1; last > 0; last--) {
      long draw = mix(key + (n - last) * GAMMA);
      int other = (int) Long.remainderUnsigned(draw, last + 1);
      int moved = order[last];
      order[last] = order[other];
      order[other] = moved;
    }
    return order;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
