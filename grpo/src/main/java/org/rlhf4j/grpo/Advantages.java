package org.rlhf4j.grpo;

import java.util.Map;

/** How completions' rewards become their advantages, without a critic. */
public interface Advantages {

  /**
   * The advantages of a group's completions.
   *
   * @param rewards one per completion
   * @return one per completion
   */
  double[] of(double[] rewards);

  /**
   * Takes the next batch's rewards, before any of its groups is asked for.
   *
   * @param rewards of all its completions
   */
  default void begin(double[] rewards) {}

  /**
   * Goes on to the next batch.
   *
   * @param rewards of all completions of the one that was learnt from
   */
  default void end(double[] rewards) {}

  /** Numbers that later steps depend on, by name. */
  default Map<String, Double> counters() {
    return Map.of();
  }

  /** Takes over {@link #counters()} of a checkpoint. */
  default void restoreCounters(Map<String, Double> counters) {}
}
