package org.rlhf4j.reward;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What the same scores reach when it is drawn by lot which completion of a row is the better one: a
 * permutation test. It should be one half; an accuracy within its range is what chance gives with
 * so few pairs. The lots are always the same, so this is a function of the scores.
 *
 * @param shuffles how many times lots were drawn
 * @param accuracy the mean accuracy
 * @param accuracyLow what 2.5 % of the shuffles stay below
 * @param accuracyHigh what 2.5 % of them exceed
 * @param pValue (1 + shuffles that reach the accuracy under the true labels) / (1 + shuffles)
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record ShuffledLabels(
    int shuffles, double accuracy, double accuracyLow, double accuracyHigh, double pValue) {

  private static final int SHUFFLES = 1000;
  private static final long SEED = 0;

  /** Below the rounding error of a mean over as many pairs as a file may hold. */
  private static final double EQUAL = 1e-9;

  /**
   * Draws lots.
   *
   * @param scores for each row one score per completion, best first
   */
  static ShuffledLabels of(List<float[]> scores) {
    double reached = accuracy(scores);
    SplittableRandom random = new SplittableRandom(SEED);
    List<float[]> shuffled = scores.stream().map(float[]::clone).toList();
    double[] accuracies = new double[SHUFFLES];
    for (int i = 0; i < SHUFFLES; i++) {
      shuffled.forEach(row -> shuffle(row, random));
      accuracies[i] = accuracy(shuffled);
    }
    long asGood = Arrays.stream(accuracies).filter(one -> one >= reached - EQUAL).count();
    Arrays.sort(accuracies);
    return new ShuffledLabels(
        SHUFFLES,
        Arrays.stream(accuracies).average().orElseThrow(),
        accuracies[SHUFFLES / 40],
        accuracies[SHUFFLES - 1 - SHUFFLES / 40],
        (1.0 + asGood) / (1 + SHUFFLES));
  }

  private static void shuffle(float[] row, SplittableRandom random) {
    for (int i = row.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      float swapped = row[i];
      row[i] = row[j];
      row[j] = swapped;
    }
  }

  private static double accuracy(List<float[]> scores) {
    double right = 0;
    long pairs = 0;
    for (float[] row : scores) {
      for (int i = 0; i < row.length; i++) {
        for (int j = i + 1; j < row.length; j++) {
          right += (1 + Math.signum(row[i] - row[j])) / 2;
          pairs++;
        }
      }
    }
    return right / pairs;
  }
}
