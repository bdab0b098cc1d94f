package org.rlhf4j.reward;

import java.util.List;
import org.rlhf4j.data.token.TrainingRow;

/**
 * The pairs of ranked completions whose scores lie one row after another, best first. A row of K
 * completions has C(K,2) pairs, each of weight 1/C(K,2): the weighted sum over all pairs is the sum
 * of the rows' means.
 *
 * @param better for each pair the place of the better completion's score [P]
 * @param worse for each pair the place of the worse one's [P]
 * @param margins for each pair the margin of its row [P]
 * @param weights for each pair 1 over the pairs of its row [P]
 * @param rows the number of rows
 */
public record Pairs(long[] better, long[] worse, float[] margins, float[] weights, int rows) {

  /**
   * Pairs of comparisons.
   *
   * @param rows comparisons
   * @return their pairs, row by row
   */
  public static Pairs of(List<? extends TrainingRow> rows) {
    return of(
        rows.stream().mapToInt(row -> row.tree().completions().size()).toArray(),
        rows.stream().mapToDouble(TrainingRow::margin).toArray());
  }

  /**
   * Pairs of rankings.
   *
   * @param completions for each row how many completions it has, at least two
   * @param margins for each row its margin, 0 for none
   * @return their pairs, row by row
   */
  public static Pairs of(int[] completions, double[] margins) {
    int count = 0;
    for (int k : completions) {
      count += k * (k - 1) / 2;
    }
    Pairs pairs =
        new Pairs(
            new long[count],
            new long[count],
            new float[count],
            new float[count],
            completions.length);
    int pair = 0;
    int first = 0;
    for (int row = 0; row < completions.length; row++) {
      int k = completions[row];
      for (int i = 0; i < k; i++) {
        for (int j = i + 1; j < k; j++) {
          pairs.better[pair] = (long) first + i;
          pairs.worse[pair] = (long) first + j;
          pairs.margins[pair] = (float) margins[row];
          pairs.weights[pair++] = 2f / (k * (k - 1));
        }
      }
      first += k;
    }
    return pairs;
  }

  /** The number of pairs P. */
  public int count() {
    return better.length;
  }

  /**
   * The difference of a pair's scores.
   *
   * @param scores one per completion
   * @param pair from 0
   * @return r_w − r_l
   */
  public double difference(float[] scores, int pair) {
    return (double) scores[(int) better[pair]] - scores[(int) worse[pair]];
  }

  /**
   * How many pairs the scores order right, a tie counting one half.
   *
   * @param scores one per completion
   * @return from 0 to P
   */
  public double right(float[] scores) {
    double right = 0;
    for (int pair = 0; pair < count(); pair++) {
      right += (1 + Math.signum(difference(scores, pair))) / 2;
    }
    return right;
  }
}
