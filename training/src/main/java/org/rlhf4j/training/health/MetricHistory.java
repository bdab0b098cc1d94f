package org.rlhf4j.training.health;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.run.Metrics;

/**
 * The metrics of a run up to a step, by name. A metric that only some steps have counts those steps
 * alone. Of each metric the first {@value #KEPT} values are kept, the last ones, and the least, so
 * that a long run holds no more than a short one.
 */
public final class MetricHistory {

  /** How many values of a metric can be looked at, from its start and from its end. */
  public static final int KEPT = 51;

  private final Precision precision;
  private final Map<String, Values> metrics = new HashMap<>();

  /** What is kept of a metric. */
  private static final class Values {
    private final List<Double> first = new ArrayList<>();
    private final Deque<Double> last = new ArrayDeque<>();
    private int count;
    private double leastBeforeLast = Double.POSITIVE_INFINITY;

    void add(double value) {
      if (count > 0) {
        leastBeforeLast = Math.min(leastBeforeLast, last.getLast());
      }
      if (count++ < KEPT) {
        first.add(value);
      } else {
        last.removeFirst();
      }
      last.addLast(value);
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

  /** The mean of its first values, up to {@value #KEPT}; empty where there are fewer. */
  public OptionalDouble start(String name, int steps) {
    requireKept(steps);
    return count(name) < steps ? OptionalDouble.empty() : mean(of(name).first.subList(0, steps));
  }

  /** The mean of its last values, up to {@value #KEPT}; empty where there are fewer. */
  public OptionalDouble recent(String name, int steps) {
    requireKept(steps);
    List<Double> last = List.copyOf(of(name).last);
    return last.size() < steps
        ? OptionalDouble.empty()
        : mean(last.subList(last.size() - steps, last.size()));
  }

  /**
   * The median of up to so many values before the last one, fewer than {@value #KEPT}; empty where
   * there are fewer than ten.
   */
  public OptionalDouble medianBeforeLast(String name, int steps) {
    requireKept(steps + 1);
    double[] values = numbers(of(name).last);
    int last = values.length - 1;
    if (last < 10) {
      return OptionalDouble.empty();
    }
    double[] before = Arrays.copyOfRange(values, Math.max(0, last - steps), last);
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

  private static void requireKept(int steps) {
    if (steps > KEPT) {
      throw new IllegalArgumentException(steps + " values; " + KEPT + " are kept");
    }
  }

  private static OptionalDouble mean(List<Double> some) {
    return OptionalDouble.of(Arrays.stream(numbers(some)).sum() / some.size());
  }

  private static double[] numbers(Collection<Double> some) {
    return some.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
