package org.rlhf4j.rollout;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.rlhf4j.training.Metrics;

/** What a scored rollout is like, for the metrics of ppo and grpo. */
public final class RolloutMetrics {
  /** Tokens in a row that count as said again. */
  private static final int RUN = 4;

  private RolloutMetrics() {}

  /**
   * Mean and spread of the raw scores, lengths, the share that ended.
   *
   * @param rollout a scored batch
   * @return reward, reward_std (unbiased), completion_length, ended, repetition
   */
  public static Metrics of(Rollout rollout) {
    List<Completion> completions = rollout.completions();
    double[] scores = rollout.scores();
    return new Metrics()
        .put("reward", mean(scores))
        .put("reward_std", deviation(scores))
        .put("completion_length", (double) rollout.tokens() / completions.size())
        .put(
            "ended",
            (double) completions.stream().filter(Completion::ended).count() / completions.size())
        .put(
            "repetition",
            mean(completions.stream().mapToDouble(c -> repetition(c.ids())).toArray()));
  }

  /**
   * How much of a completion it has said before: of its runs of {@value #RUN} tokens, the share
   * that already came earlier in it.
   *
   * @param ids its tokens
   * @return from 0 to below 1; 0 where there are fewer tokens
   */
  static double repetition(int[] ids) {
    int runs = ids.length - RUN + 1;
    if (runs < 1) {
      return 0;
    }
    Set<List<Integer>> different = new HashSet<>();
    for (int i = 0; i < runs; i++) {
      different.add(Arrays.stream(ids, i, i + RUN).boxed().toList());
    }
    return 1 - (double) different.size() / runs;
  }

  /**
   * The KL to the reference.
   *
   * @param rollout a batch with both log-probabilities
   * @return the mean over completions of the summed k1, in nats
   */
  public static double kl(Rollout rollout) {
    double sum = 0;
    for (Completion completion : rollout.completions()) {
      for (double kl : KlEstimator.K1.of(completion.logprobs(), completion.refLogprobs())) {
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
