package org.rlhf4j.rollout.compare;

import java.util.List;
import java.util.Optional;
import org.rlhf4j.data.batch.BatchOrder;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.reward.Reward;
import org.rlhf4j.rollout.source.PolicySampler;
import org.rlhf4j.rollout.source.SampledRollouts;

/**
 * Prompts on which a policy is compared with its reference:
 *
 * <ol>
 *   <li>Both sample one completion of each prompt, with the same random numbers; the reference once
 *       and for all.
 *   <li>The reward scores all of them.
 *   <li>The reference says how probable it finds the policy's completions.
 * </ol>
 */
public final class HeldOutPrompts {
  /** Of 0, the most probable token each time, there is no KL. */
  private static final double GREEDY_KL_TEMPERATURE = 1;

  private final LanguageModel reference;
  private final List<TokenizedPrompt> prompts;
  private final SamplingSettings sampling;
  private final long seed;
  private final Reward reward;
  private final int tokenBudget;
  private Rollout referenceSamples; // once they are drawn

  /**
   * Prompts to compare on.
   *
   * @param reference frozen; has the policies' tokenizer
   * @param prompts at least 2
   * @param sampling how both draw
   * @param seed of the random numbers
   * @param reward scores the completions
   * @param tokenBudget tokens per forward pass of the reference
   */
  public HeldOutPrompts(
      LanguageModel reference,
      List<TokenizedPrompt> prompts,
      SamplingSettings sampling,
      long seed,
      Reward reward,
      int tokenBudget) {
    this.reference = reference;
    this.prompts = List.copyOf(prompts);
    this.sampling = sampling;
    this.seed = seed;
    this.reward = reward;
    this.tokenBudget = tokenBudget;
  }

  /**
   * Compares a policy, as it stands, with the reference.
   *
   * @param policy what is compared
   * @return a function of the policy's weights: equal models say the same to each prompt
   */
  public ModelComparison compare(LanguageModel policy) {
    if (referenceSamples == null) {
      referenceSamples = samples(reference);
    }
    Rollout ours = samples(policy);
    double temperature =
        sampling.temperature() == 0 ? GREEDY_KL_TEMPERATURE : sampling.temperature();
    float[][] refLogprobs = RolloutScoring.logprobs(reference, ours, temperature, tokenBudget);
    return ModelComparison.of(ours.withRefLogprobs(refLogprobs), referenceSamples);
  }

  private Rollout samples(LanguageModel model) {
    BatchOrder all = new BatchOrder(prompts.size(), prompts.size(), seed, false);
    return new SampledRollouts(
            model,
            new PolicySampler(() -> model, sampling),
            Optional.of(reference),
            prompts,
            all,
            1,
            sampling,
            seed,
            reward)
        .rollout(1);
  }
}
