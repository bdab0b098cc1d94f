package org.rlhf4j.rollout;

import java.util.Arrays;
import java.util.List;
import org.rlhf4j.rollout.ratio.TruncatedRatio;
import org.rlhf4j.training.run.Metrics;

/**
 * What tokens weigh in the policy gradient that another policy μ sampled than π_old, the policy
 * before a batch's first update: min(π_old / μ, C), a constant (Espeholt et al. 2018, section 4.1;
 * as a second ratio beside π / π_old: Hilton et al. 2022). Every policy loss here is proportional
 * to the advantage at a fixed ratio, so the weight multiplies the advantage. Tokens that π_old
 * sampled itself weigh 1.
 *
 * @param tokens the weights, for each completion in flat order one per token
 * @param measured behaviour_ratio_mean and behaviour_ratio_max of π_old / μ (above e⁴⁰ that),
 *     behaviour_error_mean and behaviour_error_max of |log π_old − log μ|, behaviour_truncated, the
 *     share of tokens beyond C; of the tokens that have a μ, and empty where none has
 */
public record BehaviourWeights(float[][] tokens, Metrics measured) {
  /** The metric of the mean |log π_old − log μ|. */
  public static final String ERROR_MEAN = "behaviour_error_mean";

  /**
   * The weights of a rollout's tokens.
   *
   * @param rollout with log-probabilities of π_old
   * @param cap C above 0
   */
  public static BehaviourWeights of(Rollout rollout, double cap) {
    List<Completion> completions = rollout.completions();
    float[][] weights = new float[completions.size()][];
    Measurement measurement = new Measurement(Math.log(cap));
    for (int i = 0; i < weights.length; i++) {
      Completion completion = completions.get(i);
      weights[i] = new float[completion.length()];
      Arrays.fill(weights[i], 1);
      if (completion.behaviourLogprobs() != null) {
        for (int t = 0; t < weights[i].length; t++) {
          double old = completion.logprobs()[t];
          weights[i][t] = (float) measurement.weight(old - completion.behaviourLogprobs()[t]);
        }
      }
    }
    return new BehaviourWeights(weights, measurement.metrics());
  }

  /**
   * Numbers of tokens, such as their advantages, times the weights.
   *
   * @param perToken for each completion one per token
   */
  public float[][] times(float[][] perToken) {
    float[][] products = new float[perToken.length][];
    for (int i = 0; i < products.length; i++) {
      products[i] = new float[perToken[i].length];
      for (int t = 0; t < products[i].length; t++) {
        products[i][t] = tokens[i][t] * perToken[i][t];
      }
    }
    return products;
  }

  /** Adds up what the metrics are made from. */
  private static final class Measurement {
    private final double logCap;
    private int tokens;
    private int truncated;
    private double ratios;
    private double largest;
    private double errors;
    private double farthest;

    Measurement(double logCap) {
      this.logCap = logCap;
    }

    double weight(double logRatio) {
      double ratio = Math.exp(TruncatedRatio.boundedLog(logRatio));
      tokens++;
      truncated += logRatio > logCap ? 1 : 0;
      ratios += ratio;
      largest = Math.max(largest, ratio);
      errors += Math.abs(logRatio);
      farthest = Math.max(farthest, Math.abs(logRatio));
      return Math.exp(Math.min(logRatio, logCap));
    }

    Metrics metrics() {
      return tokens == 0
          ? new Metrics()
          : new Metrics()
              .put("behaviour_ratio_mean", ratios / tokens)
              .put("behaviour_ratio_max", largest)
              .put(ERROR_MEAN, errors / tokens)
              .put("behaviour_error_max", farthest)
              .put("behaviour_truncated", (double) truncated / tokens);
    }
  }
}
