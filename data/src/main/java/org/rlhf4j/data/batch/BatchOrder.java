package org.rlhf4j.data.batch;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/**
 * Which rows an optimizer step takes: a function of the step alone, so that a run resumes anywhere.
 * Each epoch goes through all rows once, in an order of its own where they are shuffled; its last
 * batch takes what is left. Steps beyond the last epoch go on with the next.
 */
public final class BatchOrder {

  private final int rows;
  private final int batchSize;
  private final long seed;
  private final boolean shuffle;
  private long orderEpoch = -1;
  private int[] order;

  /**
   * Creates an order.
   *
   * @param rows how many rows there are
   * @param batchSize rows of a step
   * @param seed the run's
   * @param shuffle whether each epoch has an order of its own, else that of the files
   */
  public BatchOrder(int rows, int batchSize, long seed, boolean shuffle) {
    if (rows < 1) {
      throw new UserException("no rows are left to train on; check --data and --eval-fraction");
    }
    if (batchSize < 1) {
      throw new UsageException("batch-size: " + batchSize + " is too small; give at least 1");
    }
    this.rows = rows;
    this.batchSize = batchSize;
    this.seed = seed;
    this.shuffle = shuffle;
  }

  /**
   * Returns the steps of an epoch.
   *
   * @return rows / batch size, rounded up
   */
  public long stepsPerEpoch() {
    return (rows + (long) batchSize - 1) / batchSize;
  }

  /**
   * Returns the epoch of a step.
   *
   * @param step from 1
   * @return from 0
   */
  public long epoch(long step) {
    if (step < 1) {
      throw new IllegalArgumentException("steps count from 1, not " + step);
    }
    return (step - 1) / stepsPerEpoch();
  }

  /**
   * Returns the rows of a step.
   *
   * @param step from 1
   * @return indices of rows, 1 to batch size of them
   */
  public synchronized int[] rows(long step) {
    long epoch = epoch(step);
    if (epoch != orderEpoch) {
      order = shuffle ? Shuffle.permutation(rows, seed, epoch) : IntStream.range(0, rows).toArray();
      orderEpoch = epoch;
    }
    int from = (int) ((step - 1) % stepsPerEpoch() * batchSize);
    return Arrays.copyOfRange(order, from, (int) Math.min(rows, from + (long) batchSize));
  }
}
