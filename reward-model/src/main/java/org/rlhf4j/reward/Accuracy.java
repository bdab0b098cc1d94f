package org.rlhf4j.reward;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The share of pairs that were ordered right, a tie one half, with its 95 % interval.
 *
 * @param pairs how many there are, at least 1
 * @param accuracy the share
 * @param accuracyLow the lower end of its {@link Wilson} interval
 * @param accuracyHigh the upper end
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
record Accuracy(int pairs, double accuracy, double accuracyLow, double accuracyHigh) {

  /**
   * Counts.
   *
   * @param pairs at least one
   * @param right 1, 0 or one half of each
   */
  static Accuracy of(List<JudgedPair> pairs, ToDoubleFunction<JudgedPair> right) {
    double sum = pairs.stream().mapToDouble(right).sum();
    Wilson interval = Wilson.of(sum, pairs.size());
    return new Accuracy(pairs.size(), sum / pairs.size(), interval.low(), interval.high());
  }
}
