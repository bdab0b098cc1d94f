package org.rlhf4j.rollout;

import java.util.function.Function;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;

/** What frozen networks say of a rollout's tokens, micro-batch by micro-batch. */
public final class RolloutScoring {
  private RolloutScoring() {}

  /**
   * Log-probabilities of all completion tokens, whatever was recorded.
   *
   * @param model policy or reference
   * @param rollout the batch
   * @param temperature what its logits are divided by
   * @param tokenBudget tokens per forward pass
   * @return one array per completion, one number per token
   */
  public static float[][] logprobs(
      LanguageModel model, Rollout rollout, double temperature, int tokenBudget) {
    return logprobs(tokens -> model.logprobs(tokens, temperature).logprobs(), rollout, tokenBudget);
  }

  /**
   * The same by another way to compute them.
   *
   * @param network the log-probability of each predicted token
   * @param rollout the batch
   * @param tokenBudget tokens per forward pass
   * @return one array per completion, one number per token
   */
  public static float[][] logprobs(
      Function<PackedTokens, float[]> network, Rollout rollout, int tokenBudget) {
    return perToken(rollout, completion -> null, tokenBudget, network);
  }

  /**
   * A rollout with the log-probabilities of π_old: recorded ones stay, absent ones are computed.
   *
   * @param policy as it stands
   * @param rollout the batch
   * @param temperature what its logits are divided by
   * @param tokenBudget tokens per forward pass
   * @return the batch, every completion with log-probabilities
   */
  public static Rollout withLogprobs(
      LanguageModel policy, Rollout rollout, double temperature, int tokenBudget) {
    return rollout.withLogprobs(
        perToken(
            rollout,
            Completion::logprobs,
            tokenBudget,
            tokens -> policy.logprobs(tokens, temperature).logprobs()));
  }

  /**
   * A rollout with the reference's log-probabilities: recorded ones stay, absent ones are computed.
   *
   * @param reference the reference
   * @param rollout the batch
   * @param temperature what its logits are divided by
   * @param tokenBudget tokens per forward pass
   * @return the batch, every completion with log-probabilities
   */
  public static Rollout withRefLogprobs(
      LanguageModel reference, Rollout rollout, double temperature, int tokenBudget) {
    return rollout.withRefLogprobs(
        perToken(
            rollout,
            Completion::refLogprobs,
            tokenBudget,
            tokens -> reference.logprobs(tokens, temperature).logprobs()));
  }

  /**
   * A rollout with the critic's values before each completion token: recorded ones stay, absent
   * ones are computed.
   *
   * @param critic as it stands: one value per predicted token
   * @param rollout the batch
   * @param tokenBudget tokens per forward pass
   * @return the batch, every completion with values
   */
  public static Rollout withValues(
      Function<PackedTokens, float[]> critic, Rollout rollout, int tokenBudget) {
    return rollout.withValues(perToken(rollout, Completion::values, tokenBudget, critic));
  }

  /**
   * The KL from policy to reference over the whole vocabulary, both as they stand.
   *
   * @param policy log π is its
   * @param reference log π_ref is its
   * @param rollout at whose tokens
   * @param temperature what logits are divided by
   * @param tokenBudget tokens per forward pass
   * @return the mean over completions of the sum over their tokens, in nats
   */
  public static double exactKl(
      LanguageModel policy,
      LanguageModel reference,
      Rollout rollout,
      double temperature,
      int tokenBudget) {
    double sum = 0;
    for (RolloutMicroBatch batch : RolloutMicroBatch.of(rollout, i -> true, tokenBudget)) {
      for (float kl : policy.divergences(reference, batch.tokens(), temperature)) {
        sum += kl;
      }
    }
    return sum / rollout.size();
  }

  private static float[][] perToken(
      Rollout rollout,
      Function<Completion, float[]> recorded,
      int tokenBudget,
      Function<PackedTokens, float[]> network) {
    float[][] rows = rollout.completions().stream().map(recorded).toArray(float[][]::new);
    for (RolloutMicroBatch batch :
        RolloutMicroBatch.of(rollout, i -> rows[i] == null, tokenBudget)) {
      batch.scatter(network.apply(batch.tokens()), rows);
    }
    return rows;
  }
}
