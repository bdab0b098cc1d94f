package org.rlhf4j.studio.train;

import org.rlhf4j.settings.UsageException;

/**
 * How a training goes.
 *
 * @param base the folder of the model that it starts from
 * @param baseName what that is called
 * @param epochs passes over the labels
 * @param learningRate the greatest learning rate
 * @param batchSize rows of a step
 */
public record Recipe(String base, String baseName, int epochs, double learningRate, int batchSize) {

  private static final int MOST = 10_000;

  /** Checks what a page may have sent. */
  public Recipe {
    require(epochs >= 1 && epochs <= MOST, "passes are a whole number from 1 to 10,000");
    require(batchSize >= 1 && batchSize <= MOST, "rows of a step are from 1 to 10,000");
    require(
        learningRate > 0 && learningRate < 1, "the learning rate is a number above 0 and below 1");
  }

  private static void require(boolean holds, String rule) {
    if (!holds) {
      throw new UsageException("not a training: " + rule);
    }
  }

  /**
   * The steps that it makes.
   *
   * @param rows that it learns from, at least one
   */
  int steps(int rows) {
    return Math.toIntExact((long) epochs * ((rows + batchSize - 1) / batchSize));
  }
}
