package org.rlhf4j.studio.runs;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** The metrics of a run by name, one number a step; NaN where a step has none. */
final class MetricColumns {

  private int[] steps = new int[1024];
  private final Map<String, double[]> values = new LinkedHashMap<>();
  private int rows;

  int rows() {
    return rows;
  }

  /** The step of the last row; 0 where there is none. */
  int lastStep() {
    return rows == 0 ? 0 : steps[rows - 1];
  }

  /** Begins the row of a step; its numbers follow by {@link #put}. */
  void begin(int step) {
    if (rows == steps.length) {
      steps = Arrays.copyOf(steps, 2 * rows);
      values.replaceAll((name, column) -> grown(column, steps.length));
    }
    steps[rows++] = step;
  }

  /** Sets a number of the row that was begun last. */
  void put(String name, double value) {
    values.computeIfAbsent(name, key -> grown(new double[0], steps.length))[rows - 1] = value;
  }

  private static double[] grown(double[] column, int length) {
    double[] grown = Arrays.copyOf(column, length);
    Arrays.fill(grown, column.length, length, Double.NaN);
    return grown;
  }

  /**
   * The first rows as curves of a bounded number of points. Where there are more rows, so many in a
   * row become two points, at the first and the last of their steps: the least and the greatest
   * value, in the order in which they came. So no peak is lost.
   *
   * @param to how many rows
   * @param most points of a curve, at least 2
   * @return {@code every}: rows of two points, or 1; {@code extremes} where they are two points;
   *     {@code steps}; and {@code values} by metric
   */
  ObjectNode thinned(int to, int most) {
    if (to <= most) {
      return rows(0, to).put("every", 1);
    }
    int every = (int) Math.ceil(2.0 * to / most);
    ObjectNode series =
        JsonNodeFactory.instance.objectNode().put("every", every).put("extremes", true);
    ArrayNode points = series.putArray("steps");
    for (int from = 0; from < to; from += every) {
      points.add(steps[from]).add(steps[Math.min(to, from + every) - 1]);
    }
    ObjectNode columns = series.putObject("values");
    values.forEach(
        (name, column) -> {
          ArrayNode curve = columns.putArray(name);
          for (int from = 0; from < to; from += every) {
            addExtremes(curve, column, from, Math.min(to, from + every));
          }
        });
    return series;
  }

  private static void addExtremes(ArrayNode curve, double[] column, int from, int to) {
    int least = -1;
    int greatest = -1;
    for (int i = from; i < to; i++) {
      if (Double.isFinite(column[i])) {
        least = least < 0 || column[i] < column[least] ? i : least;
        greatest = greatest < 0 || column[i] > column[greatest] ? i : greatest;
      }
    }
    add(curve, least < 0 ? Double.NaN : column[Math.min(least, greatest)]);
    add(curve, least < 0 ? Double.NaN : column[Math.max(least, greatest)]);
  }

  /**
   * Some rows, each a point.
   *
   * @param from the first row, counted from 0
   * @param to the row after the last
   * @return {@code steps}, and {@code values} by metric
   */
  ObjectNode rows(int from, int to) {
    ObjectNode series = JsonNodeFactory.instance.objectNode();
    ArrayNode points = series.putArray("steps");
    for (int i = from; i < to; i++) {
      points.add(steps[i]);
    }
    ObjectNode columns = series.putObject("values");
    values.forEach(
        (name, column) -> {
          ArrayNode curve = columns.putArray(name);
          for (int i = from; i < to; i++) {
            add(curve, column[i]);
          }
        });
    return series;
  }

  private static void add(ArrayNode curve, double value) {
    if (Double.isFinite(value)) {
      curve.add((float) value);
    } else {
      curve.addNull();
    }
  }
}
