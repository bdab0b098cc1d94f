package org.rlhf4j.reward;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;

/**
 * How many pairs have a score difference r_w − r_l in an interval.
 *
 * @param low its lower end, which is in it
 * @param high its upper end, which is in the last one alone
 * @param pairs how many
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record MarginBin(double low, double high, int pairs) {

  private static final int BINS = 20;

  /**
   * Twenty bins of equal width, as wide as hold all pairs, with an edge at 0.
   *
   * @param differences of at least one pair
   */
  static List<MarginBin> of(double[] differences) {
    double most = 0;
    for (double difference : differences) {
      most = Math.max(most, Math.abs(difference));
    }
    if (most == 0) {
      return List.of(new MarginBin(0, 0, differences.length));
    }
    int[] pairs = new int[BINS];
    for (double difference : differences) {
      pairs[Math.min(BINS - 1, (int) ((difference / most + 1) / 2 * BINS))]++;
    }
    List<MarginBin> bins = new ArrayList<>();
    for (int bin = 0; bin < BINS; bin++) {
      double low = most * (2.0 * bin / BINS - 1);
      double high = most * (2.0 * (bin + 1) / BINS - 1);
      bins.add(new MarginBin(low, high, pairs[bin]));
    }
    return bins;
  }
}
