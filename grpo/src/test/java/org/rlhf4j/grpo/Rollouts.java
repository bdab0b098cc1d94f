package org.rlhf4j.grpo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;

/** Rollouts of completions of one token that have nothing but rewards. */
final class Rollouts {
  private Rollouts() {}

  /**
   * A rollout.
   *
   * @param scores of each group's completions
   * @param parts of the scores by name, in flat order
   */
  static Rollout of(double[][] scores, Map<String, double[]> parts) {
    List<RolloutGroup> groups = new ArrayList<>();
    int i = 0;
    for (double[] group : scores) {
      List<Completion> completions = new ArrayList<>();
      for (double score : group) {
        Map<String, Double> rewards = new LinkedHashMap<>();
        int number = i++;
        parts.forEach((name, values) -> rewards.put(name, values[number]));
        completions.add(
            new Completion(new int[] {7}, true, "", score, rewards, null, null, null, null, null));
      }
      groups.add(new RolloutGroup(groups.size(), null, new int[] {5}, null, completions));
    }
    return new Rollout(groups);
  }
}
