package org.rlhf4j.studio.agreement;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Krippendorff's α of any number of annotators, of whom each may have left items out (Krippendorff,
 * Computing Krippendorff's alpha-reliability, 2011). An item with m answers gives each ordered pair
 * of them the weight 1 / (m − 1); o(c, k) is the sum of the weights of the pairs (c, k), n(c) the
 * sum of o(c, k) over k, and n that of n(c). Then
 *
 * <pre>
 *   α = 1 − (n − 1) Σ o(c, k) δ²(c, k) / Σ n(c) n(k) δ²(c, k)
 *   nominal  δ²(c, k) = 1 unless c = k
 *   ordinal  δ(c, k) = n(c) + … + n(k) − (n(c) + n(k)) / 2, the sum over the values from c to k
 * </pre>
 */
public final class KrippendorffAlpha {

  /** How far apart two values are. */
  public enum Metric {
    /** They are equal or not. */
    NOMINAL,
    /** By how many answers lie between them. */
    ORDINAL
  }

  private KrippendorffAlpha() {}

  /**
   * The coefficient.
   *
   * @param items the answers to each item; one with a single answer says nothing
   * @param metric how far apart values are
   * @return at most 1; NaN where fewer than two values occur
   */
  public static double of(Collection<? extends List<Integer>> items, Metric metric) {
    Map<List<Integer>, Integer> counts = new LinkedHashMap<>();
    items.forEach(item -> counts.merge(item, 1, Integer::sum));
    return of(counts, metric);
  }

  /**
   * The coefficient of items of which many have the same answers.
   *
   * @param items how many items have these answers
   * @param metric how far apart values are
   * @return as above
   */
  static double of(Map<List<Integer>, Integer> items, Metric metric) {
    TreeMap<Integer, Integer> places = new TreeMap<>();
    items.forEach(
        (item, count) -> {
          if (item.size() > 1 && count > 0) {
            item.forEach(value -> places.put(value, 0));
          }
        });
    int place = 0;
    for (Integer value : places.navigableKeySet()) {
      places.put(value, place++);
    }
    double[][] coincidences = new double[places.size()][places.size()];
    items.forEach(
        (item, count) -> {
          if (count > 0) {
            add(coincidences, item.stream().map(places::get).toList(), count);
          }
        });
    return of(coincidences, metric);
  }

  private static void add(double[][] coincidences, List<Integer> item, int count) {
    for (int i = 0; i < item.size(); i++) {
      for (int j = 0; j < item.size(); j++) {
        if (i != j) {
          coincidences[item.get(i)][item.get(j)] += (double) count / (item.size() - 1);
        }
      }
    }
  }

  private static double of(double[][] coincidences, Metric metric) {
    int values = coincidences.length;
    double[] counts = new double[values];
    double total = 0;
    for (int c = 0; c < values; c++) {
      for (int k = 0; k < values; k++) {
        counts[c] += coincidences[c][k];
      }
      total += counts[c];
    }
    double observed = 0;
    double expected = 0;
    for (int c = 0; c < values; c++) {
      for (int k = 0; k < values; k++) {
        double apart = metric == Metric.NOMINAL ? (c == k ? 0 : 1) : ordinal(counts, c, k);
        observed += coincidences[c][k] * apart * apart;
        expected += counts[c] * counts[k] * apart * apart;
      }
    }
    return 1 - (total - 1) * observed / expected;
  }

  private static double ordinal(double[] counts, int c, int k) {
    double sum = -(counts[c] + counts[k]) / 2;
    for (int g = Math.min(c, k); g <= Math.max(c, k); g++) {
      sum += counts[g];
    }
    return sum;
  }
}
