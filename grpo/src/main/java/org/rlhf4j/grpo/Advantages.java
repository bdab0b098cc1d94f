package org.rlhf4j.grpo;

import java.util.Arrays;
import java.util.Map;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;

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
   * The advantages of a batch: those of its groups, one group behind the other.
   *
   * @param rollout the batch
   * @param rewards one per completion, in flat order
   * @return one per completion
   */
  default double[] of(Rollout rollout, double[] rewards) {
    double[] advantages = new double[rewards.length];
    int first = 0;
    for (RolloutGroup group : rollout.groups()) {
      int size = group.completions().size();
      double[] ofGroup = of(Arrays.copyOfRange(rewards, first, first + size));
      System.arraycopy(ofGroup, 0, advantages, first, size);
      first += size;
    }
    return advantages;
  }

  /**
   * Whether {@link #of(double[])} can take the rewards of a group's steps, of which a completion
   * can have several.
   */
  default boolean takesSteps() {
    return true;
  }

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
