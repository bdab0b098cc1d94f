package org.rlhf4j.grpo;

import java.util.Arrays;
import org.rlhf4j.rollout.RolloutMetrics;

/** How a completion's reward becomes its advantage, without a critic. */
public enum GroupAdvantages {
  /** (r − mean) / (std + 1e-4) over the group, unbiased std (Shao et al. 2024, section 4.1.2). */
  GROUP {
    @Override
    void fill(double[] rewards, double[] advantages) {
      double mean = RolloutMetrics.mean(rewards);
      double deviation = RolloutMetrics.deviation(rewards);
      for (int i = 0; i < rewards.length; i++) {
        advantages[i] = (rewards[i] - mean) / (deviation + EPSILON);
      }
    }
  },
  /** r − mean of the group (Liu et al. 2025, Dr. GRPO). */
  MEAN_ONLY {
    @Override
    void fill(double[] rewards, double[] advantages) {
      double mean = RolloutMetrics.mean(rewards);
      for (int i = 0; i < rewards.length; i++) {
        advantages[i] = rewards[i] - mean;
      }
    }
  },
  /** r − mean of the group's others (Ahmadian et al. 2024, RLOO). */
  LEAVE_ONE_OUT {
    @Override
    void fill(double[] rewards, double[] advantages) {
      double sum = Arrays.stream(rewards).sum();
      for (int i = 0; i < rewards.length; i++) {
        advantages[i] = rewards[i] - (sum - rewards[i]) / (rewards.length - 1);
      }
    }
  };

  private static final double EPSILON = 1e-4;

  /**
   * The advantages of a group's completions.
   *
   * @param rewards one per completion, at least two
   * @return one per completion; all zero where the rewards are equal
   */
  public double[] of(double[] rewards) {
    double[] advantages = new double[rewards.length];
    if (!allEqual(rewards)) {
      fill(rewards, advantages);
    }
    return advantages;
  }

  abstract void fill(double[] rewards, double[] advantages);

  /** Whether a group's rewards are all the same, so that nothing can be learnt from it. */
  public static boolean allEqual(double[] rewards) {
    return Arrays.stream(rewards).allMatch(reward -> reward == rewards[0]);
  }
}
