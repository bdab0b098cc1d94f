package org.rlhf4j.rollout;

import java.util.Arrays;

/** How the scores that several reward models give a completion become one. */
public enum RewardEnsemble {
  /** Σ_k w_k r_k. */
  SUM,
  /** The mean. */
  MEAN,
  /** The least, so that the strictest model decides (Coste et al. 2024, worst case). */
  MINIMUM,
  /**
   * The mean less some deviations of the scores: what the models disagree about counts less (after
   * Coste et al. 2024, who subtract the variance).
   */
  MEAN_LESS_DEVIATION;

  /**
   * One score of several. {@link #SUM} is here that of weights 1.
   *
   * @param scores r of each model, at least one
   * @param deviations k, how many deviations {@link #MEAN_LESS_DEVIATION} subtracts
   * @return the score
   */
  public double of(double[] scores, double deviations) {
    return switch (this) {
      case SUM -> Arrays.stream(scores).sum();
      case MEAN -> mean(scores);
      case MINIMUM -> Arrays.stream(scores).min().orElseThrow();
      case MEAN_LESS_DEVIATION -> mean(scores) - deviations * deviation(scores);
    };
  }

  private static double mean(double[] scores) {
    return Arrays.stream(scores).average().orElseThrow();
  }

  /**
   * How far models are apart: √(Σ_k (r_k − mean)² / K).
   *
   * @param scores r of each model, at least one
   * @return the deviation
   */
  public static double deviation(double[] scores) {
    double mean = mean(scores);
    return Math.sqrt(
        Arrays.stream(scores).map(r -> (r - mean) * (r - mean)).average().orElseThrow());
  }
}
