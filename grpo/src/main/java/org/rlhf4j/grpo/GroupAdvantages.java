package org.rlhf4j.grpo;

import java.util.Arrays;
import org.rlhf4j.rollout.RolloutMetrics;

/**
 * The names of the advantages. The first three compare a completion with others of its group: they
 * are all zero where a group's rewards are equal, to the last bit.
 */
public enum GroupAdvantages {
  /** (r − mean) / (std + 1e-4) over the group, unbiased std (Shao et al. 2024, section 4.1.2). */
  GROUP {
    @Override
    Advantages start() {
      return unlessEqual(
          rewards -> {
            double mean = RolloutMetrics.mean(rewards);
            double deviation = RolloutMetrics.deviation(rewards) + EPSILON;
            return Arrays.stream(rewards).map(reward -> (reward - mean) / deviation).toArray();
          });
    }
  },
  /** r − mean of the group (Liu et al. 2025, Dr. GRPO). */
  MEAN_ONLY {
    @Override
    Advantages start() {
      return unlessEqual(
          rewards -> {
            double mean = RolloutMetrics.mean(rewards);
            return Arrays.stream(rewards).map(reward -> reward - mean).toArray();
          });
    }
  },
  /** r − mean of the group's others (Ahmadian et al. 2024, RLOO). */
  LEAVE_ONE_OUT {
    @Override
    Advantages start() {
      return unlessEqual(
          rewards -> {
            double sum = Arrays.stream(rewards).sum();
            int others = rewards.length - 1;
            return Arrays.stream(rewards).map(reward -> reward - (sum - reward) / others).toArray();
          });
    }
  },
  /** {@link RunningMean}. */
  RUNNING_MEAN {
    @Override
    Advantages start() {
      return new RunningMean();
    }
  },
  /** r itself: REINFORCE without a baseline (Williams 1992). */
  NONE {
    @Override
    Advantages start() {
      return double[]::clone;
    }
  };

  static final double EPSILON = 1e-4;

  /** Advantages as they stand at the start of a run. */
  abstract Advantages start();

  /** Whether a completion is compared with others of its group, so that a group needs two. */
  boolean needsOthers() {
    return this != RUNNING_MEAN && this != NONE;
  }

  /** Rounding leaves no advantages where there are none. */
  private static Advantages unlessEqual(Advantages advantages) {
    return rewards ->
        Arrays.stream(rewards).allMatch(reward -> reward == rewards[0])
            ? new double[rewards.length]
            : advantages.of(rewards);
  }
}
