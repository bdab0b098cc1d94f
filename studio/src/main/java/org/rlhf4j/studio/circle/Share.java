package org.rlhf4j.studio.circle;

import java.util.List;
import org.rlhf4j.reward.Wilson;

/**
 * How often a reward model agrees with people on some pairs.
 *
 * @param name which pairs
 * @param pairs how many
 * @param accuracy the share that it orders as people do, a tie of scores one half; null without
 *     pairs
 * @param low the lower end of its 95 % Wilson interval; null without pairs
 * @param high the upper end
 */
public record Share(String name, int pairs, Double accuracy, Double low, Double high) {

  /**
   * Counts.
   *
   * @param name which pairs
   * @param margins of each the score of the better completion less that of the worse one
   */
  static Share of(String name, List<Double> margins) {
    if (margins.isEmpty()) {
      return new Share(name, 0, null, null, null);
    }
    double right = margins.stream().mapToDouble(margin -> (1 + Math.signum(margin)) / 2).sum();
    Wilson interval = Wilson.of(right, margins.size());
    return new Share(name, margins.size(), right / margins.size(), interval.low(), interval.high());
  }
}
