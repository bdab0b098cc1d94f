package org.rlhf4j.rollout;

import java.util.List;
import org.rlhf4j.rollout.kl.KlEstimator;
import org.rlhf4j.rollout.program.Repetition;
import org.rlhf4j.training.run.Metrics;

/** What a scored rollout is like, for the metrics of ppo and grpo. */
public final class RolloutMetrics {
  /** Tokens in a row that count as said again. */
  private static final int RUN = 4;

  private RolloutMetrics() {}

  /**
   * Mean and spread of the raw scores, lengths, the share that ended.
   *
   * @param rollout a scored batch
   * @return reward, reward_std (unbiased), completion_length, ended, repetition and, where scores
   *     are sums, reward_… of each part: the mean over the completions to which it applies
   */
  public static Metrics of(Rollout rollout) {
    List<Completion> completions = rollout.completions();
    double[] scores = rollout.scores();
    Metrics metrics =
        new Metrics()
            .put("reward", mean(scores))
            .put("reward_std", deviation(scores))
            .put("completion_length", (double) rollout.tokens() / completions.size())
            .put(
                "ended",
                (double) completions.stream().filter(Completion::ended).count()
                    / completions.size())
            .put(
                "repetition",
                mean(
                    completions.stream()
                        .mapToDouble(c -> Repetition.share(c.ids(), RUN))
                        .toArray()));
    for (String part : completions.get(0).rewards().keySet()) {
      metrics.put("reward_" + part, mean(applying(completions, part)));
    }
    return metrics;
  }

  private static double[] applying(List<Completion> completions, String part) {
    return completions.stream()
        .mapToDouble(completion -> completion.rewards().getOrDefault(part, Double.NaN))
        .filter(score -> !Double.isNaN(score))
        .toArray();
  }

  /**
   * What earlier steps sampled of a batch.
   *
   * @param step the batch's
   * @param rollout the batch
   * @return replayed_completions, and replayed_age, the mean over them of the steps since; nothing
   *     where there are none
   */
  public static Metrics replayed(int step, Rollout rollout) {
    int completions = 0;
    long steps = 0;
    for (RolloutGroup group : rollout.groups()) {
      if (group.isReplayed()) {
        completions += group.completions().size();
        steps += (long) (step - group.sampledAt()) * group.completions().size();
      }
    }
    return completions == 0
        ? new Metrics()
        : new Metrics()
            .put("replayed_completions", completions)
            .put("replayed_age", (double) steps / completions);
  }

  /**
   * The KL to the reference.
   *
   * @param rollout a batch with both log-probabilities
   * @return the mean over completions of the summed k1, in nats
   */
  public static double kl(Rollout rollout) {
    return kl(rollout, KlEstimator.K1);
  }

  /** The KL to the reference by every estimator: kl (k1), kl_k2, kl_k3, each as {@link #kl}. */
  public static Metrics kls(Rollout rollout) {
    return new Metrics()
        .put("kl", kl(rollout))
        .put("kl_k2", kl(rollout, KlEstimator.K2))
        .put("kl_k3", kl(rollout, KlEstimator.K3));
  }

  private static double kl(Rollout rollout, KlEstimator estimator) {
    double sum = 0;
    for (Completion completion : rollout.completions()) {
      for (double kl : estimator.of(completion.logprobs(), completion.refLogprobs())) {
        sum += kl;
      }
    }
    return sum / rollout.size();
  }

  /** The mean. */
  public static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  /** The unbiased standard deviation; 0 for a single value. */
  public static double deviation(double[] values) {
    if (values.length < 2) {
      return 0;
    }
    double mean = mean(values);
    double sum = 0;
    for (double value : values) {
      sum += (value - mean) * (value - mean);
    }
    return Math.sqrt(sum / (values.length - 1));
  }
}
