package org.rlhf4j.rollout;

import java.util.List;
import java.util.function.Function;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.Precision;
import org.rlhf4j.model.UserException;

/**
 * What must hold before the first update, checked on the first rollout: a failure stops the run,
 * since nothing that follows could be trusted. In fp32 no log-probability may differ by more than
 * {@link Precision#tolerance}; in bf16, where a token decoded alone and one amid its row are
 * rounded otherwise in every layer, not the mean of all.
 */
public final class Proofs {
  private Proofs() {}

  /**
   * The policy rescores its own samples to a ratio of 1.
   *
   * @param policy as it sampled
   * @param rollout its samples with their log-probabilities
   * @param temperature at which it sampled
   * @param tokenBudget tokens per forward pass
   * @throws UserException naming the first token that differs
   */
  public static void ratioIsOne(
      LanguageModel policy, Rollout rollout, double temperature, int tokenBudget) {
    check(
        "proof \"ratio 1\" failed: sampling and rescoring the same tokens differ",
        "the sampler's and the trainer's computation differ; please report the model",
        policy.precision(),
        of(rollout, Completion::logprobs),
        RolloutScoring.logprobs(policy, rollout, temperature, tokenBudget));
  }

  /**
   * Where the reference is a copy of the policy, the KL between them is 0.
   *
   * @param precision the number format of both
   * @param rollout with the log-probabilities of both
   * @throws UserException naming the first token that differs
   */
  public static void klIsZero(Precision precision, Rollout rollout) {
    check(
        "proof \"KL 0\" failed: policy and reference differ before the first update",
        "the reference isn't a copy of the policy (give --reference-model where that is meant)",
        precision,
        of(rollout, Completion::logprobs),
        of(rollout, Completion::refLogprobs));
  }

  private static float[][] of(Rollout rollout, Function<Completion, float[]> logprobs) {
    List<Completion> completions = rollout.completions();
    return completions.stream().map(logprobs).toArray(float[][]::new);
  }

  private static void check(
      String what, String cause, Precision precision, float[][] a, float[][] b) {
    if (precision == Precision.BF16 && meanDifference(a, b) <= precision.tolerance()) {
      return;
    }
    for (int i = 0; i < a.length; i++) {
      for (int t = 0; t < a[i].length; t++) {
        if (!(Math.abs(a[i][t] - b[i][t]) <= precision.tolerance())) {
          throw new UserException(
              "%s at token %d of completion %d: log-probabilities %.6f and %.6f; %s; --skip-proofs goes on all the same"
                  .formatted(what, t, i, a[i][t], b[i][t], cause));
        }
      }
    }
  }

  private static double meanDifference(float[][] a, float[][] b) {
    double sum = 0;
    int tokens = 0;
    for (int i = 0; i < a.length; i++) {
      for (int t = 0; t < a[i].length; t++) {
        sum += Math.abs(a[i][t] - b[i][t]);
        tokens++;
      }
    }
    return sum / tokens;
  }
}
