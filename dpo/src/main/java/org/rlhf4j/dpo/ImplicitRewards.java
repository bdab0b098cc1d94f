package org.rlhf4j.dpo;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.rlhf4j.data.token.Tokenized;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.reward.RewardEvaluation;

/**
 * What a policy finds its completions worth, beside its reference: the reward for which it would be
 * the best policy (Rafailov et al. 2023, equation 5, without the part that depends on the prompt
 * alone), and the held-out loss.
 *
 * @param rewards for each row one number for each completion
 * @param loss the mean over rows, as a step minimizes it
 */
public record ImplicitRewards(List<float[]> rewards, double loss) {

  /**
   * Computes them.
   *
   * @param policy the policy as it stands
   * @param settings the loss
   * @param rows at least one comparison
   * @param refLogprobs for each row log π_ref of each completion
   * @param tokenBudget tokens that go through the network at once
   * @return the rewards and the loss
   */
  public static ImplicitRewards of(
      LanguageModel policy,
      DpoSettings settings,
      List<? extends TrainingRow> rows,
      List<float[]> refLogprobs,
      int tokenBudget) {
    DpoObjective objective = new DpoObjective(settings);
    List<float[]> rewards = new ArrayList<>(Collections.nCopies(rows.size(), null));
    double pairLoss = 0;
    double likelihood = 0;
    long likely = 0;
    for (ComparedTokens batch : ComparedTokens.pack(rows, settings.trainsOnPrompt(), tokenBudget)) {
      float[] tokenLogprobs = policy.logprobs(batch.tokens(), 1).logprobs();
      float[] logprobs = batch.sums(tokenLogprobs);
      float[] reference = batch.flat(refLogprobs);
      float[] lengths = batch.lengths();
      batch.spread(settings.rewards(logprobs, reference, lengths), rows, rewards);
      try (NDManager scope = policy.parameters().manager().newSubManager()) {
        pairLoss +=
            objective
                .sumOverRows(scope.create(logprobs), reference, lengths, batch.pairs())
                .getFloat();
      }
      likelihood += batch.likelihood(tokenLogprobs);
      likely += batch.likelyTokens();
    }
    double ofLikelihood = settings.loss().hasLikelihood() ? -likelihood / likely : 0;
    return new ImplicitRewards(rewards, pairLoss / rows.size() + ofLikelihood);
  }

  /**
   * Computes the rewards alone.
   *
   * @param policy the policy as it stands
   * @param rows at least one comparison
   * @param refLogprobs for each row log π_ref of each completion
   * @param beta β
   * @param perToken whether they are divided by |y|
   * @param tokenBudget tokens that go through the network at once
   * @return for each row one number for each completion
   */
  public static List<float[]> of(
      LanguageModel policy,
      List<? extends TrainingRow> rows,
      List<float[]> refLogprobs,
      double beta,
      boolean perToken,
      int tokenBudget) {
    List<float[]> rewards = new ArrayList<>(Collections.nCopies(rows.size(), null));
    for (ComparedTokens batch : ComparedTokens.pack(rows, false, tokenBudget)) {
      float[] logprobs = batch.sums(policy.logprobs(batch.tokens(), 1).logprobs());
      float[] reference = batch.flat(refLogprobs);
      batch.spread(of(logprobs, reference, batch.lengths(), beta, perToken), rows, rewards);
    }
    return rewards;
  }

  /**
   * The formula: β (log π(y) − log π_ref(y)), divided by |y| where it is per token.
   *
   * @param logprobs log π(y) [C]
   * @param refLogprobs log π_ref(y) [C]
   * @param lengths |y| [C]
   * @param beta β
   * @param perToken whether it is
   * @return one number for each completion [C]
   */
  static float[] of(
      float[] logprobs, float[] refLogprobs, float[] lengths, double beta, boolean perToken) {
    float[] rewards = new float[logprobs.length];
    for (int i = 0; i < rewards.length; i++) {
      double ratio = (double) logprobs[i] - refLogprobs[i];
      rewards[i] = (float) (beta * ratio / (perToken ? lengths[i] : 1));
    }
    return rewards;
  }

  /**
   * How well they order the rows.
   *
   * @param heldOut the rows that they are of
   * @return what {@code evaluation.json} has
   */
  public RewardEvaluation evaluation(Tokenized<TokenizedRow> heldOut) {
    return RewardEvaluation.of(heldOut.rows(), rewards, loss, heldOut.report(), List.of());
  }
}
