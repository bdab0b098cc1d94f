package org.rlhf4j.studio.choice;

import java.util.Arrays;
import java.util.Locale;
import org.rlhf4j.settings.UsageException;

/**
 * How the next items are chosen. Of an item with the scores s, each pair of completions i, j has a
 * margin s_i − s_j.
 */
public enum Strategy {
  /** Drawn at random. */
  RANDOM,
  /** The least |s_i − s_j| first: where the model is least sure. Settles 2009, section 3.1. */
  SMALLEST_MARGIN,
  /** Of items with answers, the most s_worse − s_better first: where it disagrees with people. */
  DISAGREEMENT,
  /**
   * The most |σ(s_i − s_j) − σ(t_i − t_j)| first, with t the scores of another model: where two
   * models differ about how sure they are of the same completion.
   */
  SPREAD;

  /** What stands with an item that such a choice has given its place. */
  public String written() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Reads what {@link #written} wrote.
   *
   * @throws UsageException if it is none of these
   */
  public static Strategy of(String written) {
    return Arrays.stream(values())
        .filter(strategy -> strategy.written().equals(written))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    "not a choice: strategy is random, smallest-margin, disagreement or spread"));
  }

  /** The least distance of two scores. */
  static double smallestMargin(double[] scores) {
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < scores.length; i++) {
      for (int j = i + 1; j < scores.length; j++) {
        least = Math.min(least, Math.abs(scores[i] - scores[j]));
      }
    }
    return least;
  }

  /**
   * The greatest distance of two models' preferences between two of an item's completions.
   *
   * @param scores of one model
   * @param others of the other one, as many
   * @return from 0 to 1
   */
  static double spread(double[] scores, double[] others) {
    double most = 0;
    for (int i = 0; i < scores.length; i++) {
      for (int j = i + 1; j < scores.length; j++) {
        double one = sigmoid(scores[i] - scores[j]);
        most = Math.max(most, Math.abs(one - sigmoid(others[i] - others[j])));
      }
    }
    return most;
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
