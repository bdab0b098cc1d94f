package org.rlhf4j.training.health;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.run.Metrics;

/**
 * The metrics of a run up to a step, by name. A metric that only some steps have counts those steps
 * alone. Of each metric the first {@value #KEPT} values are kept, the last ones, and the least, so
 * that a long run holds no more than a short one.
 */
public final class MetricHistory {

  /** How many values can be looked at, from a metric's start and from its end: the last and 50. */
  public static final int KEPT = 51;

  private final Precision precision;
  private final Map<String, Values> metrics = new HashMap<>();

  /** What is kept of a metric; the last values in a ring. */
  private static final class Values {
    private final double[] first = new double[KEPT];
    private final double[] last = new double[KEPT];
    private int count;
    private double leastBeforeLast = Double.POSITIVE_INFINITY;

    void add(double value) {
      if (count > 0) {
        leastBeforeLast = Math.min(leastBeforeLast, last(0));
      }
      if (count < KEPT) {
        first[count] = value;
      }
      last[count++ % KEPT] = value;
    }

    /** The value so many steps before the last one. */
    double last(int before) {
      return last[(count - 1 - before) % KEPT];
    }
  }

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
   * @param added what it measured
   */
  void add(Metrics added) {
    added.values().forEach((name, value) -> of(name).add(value));
  }

  private Values of(String name) {
    return metrics.computeIfAbsent(name, key -> new Values());
  }

  /** How many steps have the metric. */
  public int count(String name) {
    return of(name).count;
  }

  /** Its last value; empty where no step has it. */
  public OptionalDouble last(String name) {
    return recent(name, 1);
  }

  /**
   * The mean of its first values; empty where there are fewer.
   *
   * @throws IllegalArgumentException if more are asked for than are kept
   */
  public OptionalDouble start(String name, int steps) {
    return mean(name, steps, (values, i) -> values.first[i]);
  }

  /**
   * The mean of its last values; empty where there are fewer.
   *
   * @throws IllegalArgumentException if more are asked for than are kept
   */
  public OptionalDouble recent(String name, int steps) {
    return mean(name, steps, (values, i) -> values.last(steps - 1 - i));
  }

  /**
   * The median of up to so many values before the last one; empty where there are fewer than ten.
   *
   * @throws IllegalArgumentException if more are asked for than are kept
   */
  public OptionalDouble medianBeforeLast(String name, int steps) {
    requireKept(steps + 1);
    Values values = of(name);
    if (values.count - 1 < 10) {
      return OptionalDouble.empty();
    }
    double[] before = new double[Math.min(steps, values.count - 1)];
    Arrays.setAll(before, i -> values.last(1 + i));
    Arrays.sort(before);
    return OptionalDouble.of(before[before.length / 2]);
  }

  /** The least value before the last one; empty where there is none. */
  public OptionalDouble leastBeforeLast(String name) {
    return count(name) < 2 ? OptionalDouble.empty() : OptionalDouble.of(of(name).leastBeforeLast);
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

  private OptionalDouble mean(String name, int steps, ToDoubleBiFunction<Values, Integer> value) {
    requireKept(steps);
    Values values = of(name);
    return values.count < steps
        ? OptionalDouble.empty()
        : OptionalDouble.of(
            IntStream.range(0, steps).mapToDouble(i -> value.applyAsDouble(values, i)).sum()
                / steps);
  }

  private static void requireKept(int steps) {
    if (steps > KEPT) {
      throw new IllegalArgumentException(steps + " values; " + KEPT + " are kept");
    }
  }
}
