package org.rlhf4j.training.run;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What one step measured: names to numbers, in the order in which they were put. Names are those of
 * the documentation ({@code loss}, {@code grad_norm}, …); what a clock or the allocator measured
 * ends in {@code _seconds}, {@code _per_second} or {@code _gib}, and nothing else does.
 */
public final class Metrics {

  private final Map<String, Double> values = new LinkedHashMap<>();

  /**
   * Adds a number.
   *
   * @param name its name in {@code metrics.jsonl}
   * @param value the number; one that isn't finite is written as {@code null}
   * @return this
   * @throws IllegalArgumentException when the name is taken, or is {@code step}
   */
  public Metrics put(String name, double value) {
    if (name.equals(StepLines.STEP) || values.putIfAbsent(name, value) != null) {
      throw new IllegalArgumentException("the metric " + name + " is there already");
    }
    return this;
  }

  /**
   * Adds all numbers of another, behind those that are here.
   *
   * @param other numbers under names that aren't taken here
   * @return this
   */
  public Metrics putAll(Metrics other) {
    other.values.forEach(this::put);
    return this;
  }

  /**
   * A number by name.
   *
   * @param name its name
   * @return the number, or empty where there is none of that name
   */
  public OptionalDouble get(String name) {
    Double value = values.get(name);
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }

  /**
   * All numbers.
   *
   * @return an unmodifiable view, in the order of putting
   */
  public Map<String, Double> values() {
    return Collections.unmodifiableMap(values);
  }

  @Override
  public String toString() {
    return values.toString();
  }
}
