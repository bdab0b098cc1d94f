package org.rlhf4j.grpo;

import java.util.Arrays;
import java.util.Map;
import org.rlhf4j.rollout.RolloutMetrics;

/**
 * r − an exponential mean of the rewards of the batches before: REINFORCE with a moving baseline
 * (Williams 1992). After each batch
 *
 * <pre>  mean ← 0.99 · mean + 0.01 · mean of the batch</pre>
 *
 * and the first batch's own mean stands where there is none before it.
 */
final class RunningMean implements Advantages {
  private static final double DECAY = 0.99;
  private static final String MEAN = "running_mean";

  private double mean = Double.NaN;

  @Override
  public void begin(double[] rewards) {
    if (Double.isNaN(mean)) {
      mean = RolloutMetrics.mean(rewards);
    }
  }

  @Override
  public double[] of(double[] rewards) {
    return Arrays.stream(rewards).map(reward -> reward - mean).toArray();
  }

  @Override
  public boolean takesSteps() {
    return false;
  }

  @Override
  public void end(double[] rewards) {
    mean = DECAY * mean + (1 - DECAY) * RolloutMetrics.mean(rewards);
  }

  @Override
  public Map<String, Double> counters() {
    return Map.of(MEAN, mean);
  }

  @Override
  public void restoreCounters(Map<String, Double> counters) {
    mean = counters.get(MEAN);
  }
}
