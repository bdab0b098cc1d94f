package org.rlhf4j.rollout.reward;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.rollout.RewardEnsemble;
import org.rlhf4j.rollout.Rollout;

/**
 * Several rewards as one. Its parts are each member's score, {@code model_1} and so on, and {@code
 * model_deviation}, how far the members are apart.
 *
 * @param members at least one, each with a score of every completion
 * @param ensemble how their scores become one
 * @param deviations k, how many deviations are subtracted; of no matter to others
 */
public record EnsembleReward(
    List<? extends Reward> members, RewardEnsemble ensemble, double deviations) implements Reward {

  /** Keeps a copy. */
  public EnsembleReward {
    members = List.copyOf(members);
  }

  @Override
  public double[] score(Rollout rollout) {
    return scored(rollout).scores();
  }

  @Override
  public Rollout scored(Rollout rollout) {
    List<double[]> scores = members.stream().map(member -> member.score(rollout)).toList();
    double[] together = new double[rollout.size()];
    List<Map<String, Double>> parts = new ArrayList<>();
    for (int i = 0; i < together.length; i++) {
      int completion = i;
      double[] ofMembers = scores.stream().mapToDouble(member -> member[completion]).toArray();
      together[i] = ensemble.of(ofMembers, deviations);
      parts.add(parts(ofMembers));
    }
    return rollout.withRewards(parts).withScores(together);
  }

  private static Map<String, Double> parts(double[] ofMembers) {
    Map<String, Double> parts = new LinkedHashMap<>();
    for (int k = 0; k < ofMembers.length; k++) {
      parts.put(RewardModels.NAME + "_" + (k + 1), ofMembers[k]);
    }
    parts.put(RewardModels.NAME + "_deviation", RewardEnsemble.deviation(ofMembers));
    return parts;
  }
}
