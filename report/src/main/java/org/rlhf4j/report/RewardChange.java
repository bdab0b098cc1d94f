package org.rlhf4j.report;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * How much higher the reward is at the end than at the start. The unit is a group: completions of
 * one prompt are not independent. The interval is difference ± 1.96 √(s₁²/n₁ + s₂²/n₂) over groups.
 *
 * @param before the mean reward of the first groups
 * @param after that of the last ones
 * @param low the lower end of the 95 % interval of after − before; NaN where there are fewer than
 *     two groups at either end
 * @param high the upper end
 */
record RewardChange(double before, double after, double low, double high) {

  private static final double Z = 1.959963984540054;

  /**
   * Compares the ends of a run.
   *
   * @param first the scores of the first groups, each with at least one
   * @param last those of the last ones
   */
  static RewardChange of(Collection<List<Double>> first, Collection<List<Double>> last) {
    double[] before = means(first);
    double[] after = means(last);
    double difference = mean(after) - mean(before);
    double half = Z * Math.sqrt(variance(before) / before.length + variance(after) / after.length);
    return new RewardChange(mean(before), mean(after), difference - half, difference + half);
  }

  double difference() {
    return after - before;
  }

  private static double[] means(Collection<List<Double>> groups) {
    return groups.stream()
        .mapToDouble(group -> mean(group.stream().mapToDouble(Double::doubleValue).toArray()))
        .toArray();
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }

  /** Unbiased; NaN for a single value. */
  private static double variance(double[] values) {
    double mean = mean(values);
    return Arrays.stream(values).map(x -> (x - mean) * (x - mean)).sum() / (values.length - 1);
  }
}
