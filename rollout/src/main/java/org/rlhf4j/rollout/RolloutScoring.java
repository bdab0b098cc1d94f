package org.rlhf4j.rollout;

import java.util.function.Function;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;

/** What frozen networks say of a rollout's tokens, micro-batch by micro-batch. */
public final class RolloutScoring {
  private RolloutScoring() {}

  /**
   * Log-probabilities of all completion tokens.
   *
   * @param model policy or reference
   * @param rollout the batch
   * @param temperature what its logits are divided by
   * @param tokenBudget tokens per forward pass
   * @return one array per completion, one number per token
   */
  public static float[][] logprobs(
      LanguageModel model, Rollout rollout, double temperature, int tokenBudget) {
    return perToken(rollout, tokenBudget, tokens -> model.logprobs(tokens, temperature).logprobs());
  }

  /**
   * Values before each completion token.
   *
   * @param critic the critic
   * @param rollout the batch
   * @param tokenBudget tokens per forward pass
   * @return one array per completion, one number per token
   */
  public static float[][] values(ScalarModel critic, Rollout rollout, int tokenBudget) {
    return perToken(rollout, tokenBudget, critic::values);
  }

  private static float[][] perToken(
      Rollout rollout, int tokenBudget, Function<PackedTokens, float[]> network) {
    float[][] perCompletion = new float[rollout.size()][];
    for (RolloutMicroBatch batch : RolloutMicroBatch.of(rollout, i -> true, tokenBudget)) {
      batch.scatter(network.apply(batch.tokens()), perCompletion);
    }
    return perCompletion;
  }
}
