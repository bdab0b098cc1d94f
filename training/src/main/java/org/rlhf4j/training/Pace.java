package org.rlhf4j.training;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.rlhf4j.model.TokenTree;

/**
 * How fast this machine is at the work of a run: a little of it, tried before the first step.
 * Counting operations says too little: a small network spends its time between them, and sampling
 * makes one token after the other.
 */
public final class Pace {

  private static final long TRIED_NANOS = 200_000_000;
  private static final int LEAST_GOES = 2;
  private static final int LEAST_TOKENS = 16;
  private static final int MOST_TOKENS = 1024;

  /** Multiplications of a forward pass that is soon over, whatever the machine. */
  private static final double SOON_OVER = 1e10;

  private Pace() {}

  /**
   * Tries some work.
   *
   * @param work the same whenever it runs
   * @return seconds that it takes: the mean of several goes, after one that isn't counted. What
   *     else the machine does counts, as it will in the run
   */
  public static double seconds(Runnable work) {
    return seconds(work, System::nanoTime);
  }

  static double seconds(Runnable work, LongSupplier nanoTime) {
    work.run();
    long begin = nanoTime.getAsLong();
    long now = begin;
    int goes = 0;
    while (goes < LEAST_GOES || now - begin < TRIED_NANOS) {
      work.run();
      now = nanoTime.getAsLong();
      goes++;
    }
    return (now - begin) / 1e9 / goes;
  }

  /**
   * Rows to try a network on.
   *
   * @param rows all rows
   * @param weights of the network: the more, the fewer tokens
   * @return the first rows, at least one
   */
  public static List<TokenTree> few(List<TokenTree> rows, long weights) {
    double enough = Math.max(LEAST_TOKENS, Math.min(MOST_TOKENS, SOON_OVER / weights));
    List<TokenTree> few = new ArrayList<>();
    long tokens = 0;
    for (int i = 0; i < rows.size() && tokens < enough; i++) {
      few.add(rows.get(i));
      tokens += rows.get(i).length();
    }
    return few;
  }
}
