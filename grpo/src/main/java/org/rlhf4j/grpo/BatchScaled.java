package org.rlhf4j.grpo;

import java.util.Arrays;
import java.util.Map;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutMetrics;

/**
 * Advantages shifted and scaled over the completions of a batch (Hu et al. 2025, REINFORCE++; there
 * over tokens, whose advantages differ):
 *
 * <pre>  (A − mean) / (std + 1e-4),   unbiased std</pre>
 *
 * Equal advantages become 0.
 *
 * @param raw the advantages
 */
record BatchScaled(Advantages raw) implements Advantages {

  @Override
  public double[] of(double[] rewards) {
    return raw.of(rewards);
  }

  @Override
  public double[] of(Rollout rollout, double[] rewards) {
    double[] advantages = raw.of(rollout, rewards);
    if (Arrays.stream(advantages).allMatch(one -> one == advantages[0])) {
      return new double[advantages.length];
    }
    double mean = RolloutMetrics.mean(advantages);
    double deviation = RolloutMetrics.deviation(advantages) + GroupAdvantages.EPSILON;
    return Arrays.stream(advantages).map(one -> (one - mean) / deviation).toArray();
  }

  @Override
  public boolean takesSteps() {
    return false;
  }

  @Override
  public void begin(double[] rewards) {
    raw.begin(rewards);
  }

  @Override
  public void end(double[] rewards) {
    raw.end(rewards);
  }

  @Override
  public Map<String, Double> counters() {
    return raw.counters();
  }

  @Override
  public void restoreCounters(Map<String, Double> counters) {
    raw.restoreCounters(counters);
  }
}
