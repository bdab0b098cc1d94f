package org.rlhf4j.studio.agreement;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.rlhf4j.studio.agreement.KrippendorffAlpha.Metric;

/**
 * The 95 % interval of Krippendorff's α by the percentile bootstrap (Efron 1979): items with two
 * answers or more are drawn anew with replacement, as many as there are, and α is taken of each
 * such draw; the ends leave 2.5 % of the draws outside on each side.
 *
 * @param low its lower end
 * @param high its upper end
 */
public record AlphaInterval(double low, double high) {

  private static final int DRAWS = 1_000;
  private static final long SEED = 1;

  /**
   * The interval.
   *
   * @param items the answers to each item
   * @param metric how far apart values are
   * @return the interval; null where fewer than half of the draws have an α
   */
  static AlphaInterval of(List<List<Integer>> items, Metric metric) {
    List<List<Integer>> shared = items.stream().filter(item -> item.size() > 1).toList();
    List<List<Integer>> patterns = shared.stream().distinct().toList();
    Map<List<Integer>, Integer> places = new LinkedHashMap<>();
    patterns.forEach(pattern -> places.put(pattern, places.size()));
    int[] patternOf = shared.stream().mapToInt(places::get).toArray();
    SplittableRandom random = new SplittableRandom(SEED);
    double[] alphas = new double[DRAWS];
    for (int draw = 0; draw < DRAWS && patternOf.length > 0; draw++) {
      int[] counts = new int[patterns.size()];
      for (int i = 0; i < patternOf.length; i++) {
        counts[patternOf[random.nextInt(patternOf.length)]]++;
      }
      Map<List<Integer>, Integer> drawn = new LinkedHashMap<>();
      patterns.forEach(pattern -> drawn.put(pattern, counts[places.get(pattern)]));
      alphas[draw] = KrippendorffAlpha.of(drawn, metric);
    }
    double[] defined = Arrays.stream(alphas).filter(Double::isFinite).sorted().toArray();
    return patternOf.length == 0 || defined.length < DRAWS / 2
        ? null
        : new AlphaInterval(quantile(defined, 0.025), quantile(defined, 0.975));
  }

  /** Between the two values nearest to it. */
  private static double quantile(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
