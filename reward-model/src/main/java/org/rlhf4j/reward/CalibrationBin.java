package org.rlhf4j.reward;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;

/**
 * Pairs of which the model was about equally sure: how often it was right, against how often it
 * should be. How sure it is of the completion that it prefers is σ(|margin|), from ½ to 1.
 *
 * @param low the least confidence in the bin
 * @param high the end of the bin
 * @param pairs pairs in it
 * @param predicted their mean confidence; the bin's middle where there are none
 * @param observed the share that the model ordered right, a tie one half; 0 where there are none
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record CalibrationBin(
    double low, double high, int pairs, double predicted, double observed) {

  private static final int BINS = 5;

  /**
   * Bins of a tenth each, from ½ to 1.
   *
   * @param margins r(chosen) − r(rejected) of each pair
   * @return the bins, ascending
   */
  public static List<CalibrationBin> of(double[] margins) {
    int[] pairs = new int[BINS];
    double[] predicted = new double[BINS];
    double[] observed = new double[BINS];
    for (double margin : margins) {
      double confidence = 1 / (1 + Math.exp(-Math.abs(margin)));
      int bin = Math.min(BINS - 1, (int) ((confidence - 0.5) * 2 * BINS));
      pairs[bin]++;
      predicted[bin] += confidence;
      observed[bin] += (1 + Math.signum(margin)) / 2;
    }
    List<CalibrationBin> bins = new ArrayList<>();
    for (int bin = 0; bin < BINS; bin++) {
      double low = (BINS + bin) / (2.0 * BINS);
      double high = (BINS + bin + 1) / (2.0 * BINS);
      int n = pairs[bin];
      bins.add(
          n == 0
              ? new CalibrationBin(low, high, 0, (low + high) / 2, 0)
              : new CalibrationBin(low, high, n, predicted[bin] / n, observed[bin] / n));
    }
    return bins;
  }

  /**
   * The expected calibration error (Naeini et al. 2015): the mean over pairs of how far the bins'
   * observed share is from the predicted one,
   *
   * <pre>  Σ_b (n_b / n) |observed_b − predicted_b|</pre>
   *
   * @param bins with n pairs in all, at least 1
   * @return from 0, the best, to 1
   */
  public static double expectedError(List<CalibrationBin> bins) {
    double pairs = bins.stream().mapToInt(CalibrationBin::pairs).sum();
    return bins.stream()
        .mapToDouble(bin -> bin.pairs / pairs * Math.abs(bin.observed - bin.predicted))
        .sum();
  }
}
