package org.rlhf4j.rollout;

import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.UserException;

/**
 * What must hold before the first update, checked on the first rollout: a failure stops the run,
 * since nothing that follows could be trusted.
 */
public final class Proofs {
  /** The largest difference of a log-probability that fp32 explains. */
  public static final double TOLERANCE = 1e-4;

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
    float[][] rescored = RolloutScoring.logprobs(policy, rollout, temperature, tokenBudget);
    int i = 0;
    for (Completion completion : rollout.completions()) {
      check(
          "proof \"ratio 1\" failed: sampling and rescoring the same tokens differ",
          "the sampler's and the trainer's computation differ; please report the model",
          i,
          completion.logprobs(),
          rescored[i]);
      i++;
    }
  }

  /**
   * Where the reference is a copy of the policy, the KL between them is 0.
   *
   * @param rollout with the log-probabilities of both
   * @throws UserException naming the first token that differs
   */
  public static void klIsZero(Rollout rollout) {
    int i = 0;
    for (Completion completion : rollout.completions()) {
      check(
          "proof \"KL 0\" failed: policy and reference differ before the first update",
          "the reference isn't a copy of the policy (give --reference-model where that is meant)",
          i,
          completion.logprobs(),
          completion.refLogprobs());
      i++;
    }
  }

  private static void check(String what, String cause, int completion, float[] a, float[] b) {
    for (int t = 0; t < a.length; t++) {
      if (!(Math.abs(a[t] - b[t]) <= TOLERANCE)) {
        throw new UserException(
            "%s at token %d of completion %d: log-probabilities %.6f and %.6f; %s; --skip-proofs goes on all the same"
                .formatted(what, t, completion, a[t], b[t], cause));
      }
    }
  }
}
