package org.rlhf4j.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.rlhf4j.training.run.Metrics;

/**
 * The metrics of a run as curves of a bounded number of points. Where a run has more steps, a point
 * is the mean over as many steps in a row, the step of the last of them; a step without the metric,
 * or with one that isn't finite, doesn't count.
 */
final class Series {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int DIGITS = 6;

  private Series() {}

  /**
   * Makes the curves.
   *
   * @param metrics by step, ascending
   * @param most points of a curve
   * @return {@code every}: steps of a point; {@code steps}; and {@code values} by metric, null
   *     where a point has none
   */
  static ObjectNode of(SortedMap<Integer, Metrics> metrics, int most) {
    int every = Math.max(1, (int) Math.ceil((double) metrics.size() / most));
    List<Map.Entry<Integer, Metrics>> all = List.copyOf(metrics.entrySet());
    ObjectNode series = JSON.createObjectNode().put("every", every);
    ArrayNode steps = series.putArray("steps");
    ObjectNode values = series.putObject("values");
    Set<String> names = names(metrics);
    names.forEach(values::putArray);
    for (int from = 0; from < all.size(); from += every) {
      List<Map.Entry<Integer, Metrics>> point =
          all.subList(from, Math.min(all.size(), from + every));
      steps.add(point.get(point.size() - 1).getKey());
      for (String name : names) {
        double mean =
            point.stream()
                .mapToDouble(step -> step.getValue().get(name).orElse(Double.NaN))
                .filter(Double::isFinite)
                .average()
                .orElse(Double.NaN);
        add((ArrayNode) values.get(name), mean);
      }
    }
    return series;
  }

  private static Set<String> names(SortedMap<Integer, Metrics> metrics) {
    Set<String> names = new LinkedHashSet<>();
    metrics.values().forEach(step -> names.addAll(step.values().keySet()));
    return names;
  }

  /** Adds a number to six digits; one that isn't finite as null. */
  static void add(ArrayNode array, double value) {
    if (!Double.isFinite(value)) {
      array.addNull();
    } else if (value == Math.rint(value) && Math.abs(value) < 1e6) {
      array.add((int) value);
    } else {
      array.add(Double.parseDouble(String.format(Locale.ROOT, "%." + (DIGITS - 1) + "e", value)));
    }
  }
}
