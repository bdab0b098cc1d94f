package org.rlhf4j.training.health;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.run.Metrics;

/**
 * The metrics of a run up to a step, by name. A metric that only some steps have counts those steps
 * alone.
 */
public final class MetricHistory {

  private final Precision precision;
  private final Map<String, List<Double>> values = new HashMap<>();

  /**
   * No steps yet.
   *
   * @param precision the number format of the run's networks
   */
  MetricHistory(Precision precision) {
    this.precision = precision;
  }

  /** The number format of the run's networks. */
  public Precision precision() {
    return precision;
  }

  /**
   * Adds the next step.
   *
   * @param metrics what it measured
   */
  void add(Metrics metrics) {
    metrics.values().forEach((name, value) -> all(name).add(value));
  }

  private List<Double> all(String name) {
    return values.computeIfAbsent(name, key -> new ArrayList<>());
  }

  /** How many steps have the metric. */
  public int count(String name) {
    return all(name).size();
  }

  /** Its last value; empty where no step has it. */
  public OptionalDouble last(String name) {
    return recent(name, 1);
  }

  /** The mean of its first values; empty where there are fewer. */
  public OptionalDouble start(String name, int steps) {
    return count(name) < steps ? OptionalDouble.empty() : mean(all(name).subList(0, steps));
  }

  /** The mean of its last values; empty where there are fewer. */
  public OptionalDouble recent(String name, int steps) {
    int count = count(name);
    return count < steps ? OptionalDouble.empty() : mean(all(name).subList(count - steps, count));
  }

  /**
   * The median of up to so many values before the last one; empty where there are fewer than ten.
   */
  public OptionalDouble medianBeforeLast(String name, int steps) {
    int last = count(name) - 1;
    if (last < 10) {
      return OptionalDouble.empty();
    }
    double[] before =
        all(name).subList(Math.max(0, last - steps), last).stream()
            .mapToDouble(Double::doubleValue)
            .sorted()
            .toArray();
    return OptionalDouble.of(before[before.length / 2]);
  }

  /** The least value before the last one; empty where there is none. */
  public OptionalDouble leastBeforeLast(String name) {
    int last = Math.max(0, count(name) - 1);
    return all(name).subList(0, last).stream().mapToDouble(Double::doubleValue).min();
  }

  /** The mean of its last values less that of its first ones, 0 where the two would overlap. */
  public double difference(String name, int steps) {
    return count(name) < 2 * steps
        ? 0
        : recent(name, steps).orElseThrow() - start(name, steps).orElseThrow();
  }

  /**
   * The mean of its last values over that of its first ones, 1 where the two would overlap or the
   * first isn't above 0.
   */
  public double ratio(String name, int steps) {
    double first = start(name, steps).orElse(0);
    return count(name) < 2 * steps || first <= 0 ? 1 : recent(name, steps).orElseThrow() / first;
  }

  private static OptionalDouble mean(List<Double> some) {
    double[] numbers = some.stream().mapToDouble(Double::doubleValue).toArray();
    return OptionalDouble.of(Arrays.stream(numbers).sum() / numbers.length);
  }
}
