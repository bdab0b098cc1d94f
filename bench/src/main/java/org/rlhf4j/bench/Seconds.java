package org.rlhf4j.bench;

import java.util.Arrays;

/**
 * How long something took, several times.
 *
 * @param all seconds, in the order of the runs
 */
record Seconds(double... all) {

  /**
   * Runs something again and again.
   *
   * @param warmup runs that aren't counted
   * @param runs runs that are, at least 1
   * @param work what to run
   */
  static Seconds of(int warmup, int runs, Runnable work) {
    for (int i = 0; i < warmup; i++) {
      work.run();
    }
    double[] all = new double[runs];
    for (int i = 0; i < runs; i++) {
      long start = System.nanoTime();
      work.run();
      all[i] = (System.nanoTime() - start) / 1e9;
    }
    return new Seconds(all);
  }

  /** The shortest time. */
  double best() {
    return Arrays.stream(all).min().orElseThrow();
  }

  /** The time in the middle; of an even number of runs the mean of the two. */
  double median() {
    double[] sorted = all.clone();
    Arrays.sort(sorted);
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
