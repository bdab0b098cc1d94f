package org.rlhf4j.training.health;

import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * One thing that can go wrong with a run while its loss looks fine, told from the metrics so far. A
 * check is declared where its metrics are written, and a stage says which ones watch its runs. Of a
 * metric that a run doesn't have a check says nothing.
 *
 * @param name what it is called, such as {@code gradient-huge}
 * @param fires whether it is so after the step that was just made
 * @param finding what the metrics say then, in a sentence without its full stop
 * @param advice what to change, likewise
 */
public record HealthCheck(
    String name,
    Predicate<MetricHistory> fires,
    Function<MetricHistory, String> finding,
    String advice) {

  /**
   * A finding with its numbers.
   *
   * @param format as {@link String#format} takes it
   * @param values one for each place in it; NaN is written for what is empty
   * @return the text
   */
  public static String text(String format, OptionalDouble... values) {
    Object[] numbers =
        Arrays.stream(values).map(value -> value.orElse(Double.NaN)).toArray(Object[]::new);
    return String.format(Locale.ROOT, format, numbers);
  }

  /** The name. */
  @Override
  public String toString() {
    return name;
  }
}
