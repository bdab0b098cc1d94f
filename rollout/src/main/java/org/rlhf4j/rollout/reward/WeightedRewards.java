package org.rlhf4j.rollout.reward;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.settings.UserException;

/**
 * A sum of rewards, each with its weight. A part that is NaN doesn't apply to the completion and is
 * left out of its sum; where none applies the score is NaN too. A part of weight 0 is shown alone.
 * Of a part that is made of others, these are shown beside it.
 */
public final class WeightedRewards implements Reward {

  /**
   * A part of the sum.
   *
   * @param name what metrics call it, after {@code reward_}
   * @param weight of its score in the sum
   * @param reward gives its score
   */
  public record Part(String name, double weight, Reward reward) {}

  private final List<Part> parts;

  /**
   * A sum.
   *
   * @param parts at least one, of different names
   */
  public WeightedRewards(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  @Override
  public void foresee(RolloutGroup group) {
    parts.forEach(part -> part.reward().foresee(group));
  }

  @Override
  public double[] score(Rollout rollout) {
    return scored(rollout).scores();
  }

  @Override
  public Rollout scored(Rollout rollout) {
    return scored(rollout, Optional::empty);
  }

  @Override
  public Rollout scored(Rollout rollout, Supplier<Optional<Rollout>> reference) {
    int n = rollout.size();
    double[] sums = new double[n];
    Arrays.fill(sums, Double.NaN);
    List<Map<String, Double>> rewards = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      rewards.add(new LinkedHashMap<>());
    }
    double[][] tokenRewards = new double[n][];
    for (Part part : parts) {
      Rollout judged = part.reward().scored(rollout, reference);
      double[] scores = judged.scores();
      List<Completion> completions = judged.completions();
      for (int i = 0; i < n; i++) {
        rewards.get(i).put(part.name(), scores[i]);
        rewards.get(i).putAll(completions.get(i).rewards());
        if (!Double.isNaN(scores[i]) && part.weight() != 0) {
          sums[i] = (Double.isNaN(sums[i]) ? 0 : sums[i]) + part.weight() * scores[i];
          requireFinite(sums[i], part, scores[i]);
          tokenRewards[i] = sum(tokenRewards[i], part.weight(), completions.get(i).tokenRewards());
        }
      }
    }
    return rollout.withRewards(rewards).withScores(sums).withTokenRewards(tokenRewards);
  }

  /** What is paid at each token so far and w times what a part pays there; NaN pays nothing. */
  private static double[] sum(double[] paid, double weight, double[] more) {
    if (more == null) {
      return paid;
    }
    double[] sum = new double[more.length];
    for (int t = 0; t < sum.length; t++) {
      double before = paid == null ? Double.NaN : paid[t];
      double weighted = weight * more[t];
      sum[t] = Double.isNaN(before) ? weighted : before + (Double.isNaN(weighted) ? 0 : weighted);
    }
    return sum;
  }

  private static void requireFinite(double sum, Part part, double score) {
    if (!Double.isFinite(sum)) {
      throw new UserException(
          "--reward: reward_%s gave %s, which with its weight of %s makes the sum %s; lower the weight"
              .formatted(part.name(), score, part.weight(), sum));
    }
  }
}
