package org.rlhf4j.rollout.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import org.rlhf4j.data.batch.BatchOrder;
import org.rlhf4j.data.batch.SpreadRows;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.split.SplitPrompts;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.rollout.compare.HeldOutPrompts;
import org.rlhf4j.rollout.reward.Reward;
import org.rlhf4j.rollout.reward.RewardModels;
import org.rlhf4j.rollout.server.ServedPolicy;
import org.rlhf4j.rollout.source.PolicySampler;
import org.rlhf4j.rollout.source.SampledRollouts;
import org.rlhf4j.rollout.source.Sampler;

/**
 * The prompts of a run, and what is sampled from them.
 *
 * @param settings the run's
 * @param split those to train on, those held out
 * @param seed the run's
 */
record RunPrompts(RolloutSettings settings, SplitPrompts split, long seed) {
  /** Prompts whose completions are shown as samples. */
  private static final int FEW = 4;

  /** Reads the prompts, and stops where too few are left on either side. */
  static RunPrompts read(RolloutSettings settings, LanguageModel policy, long seed) {
    boolean withFields = settings.reward().stream().anyMatch(program -> program.kind().isUsers());
    SplitPrompts split =
        SplitPrompts.read(
            settings.files(),
            withFields ? RowKind.PROMPTS_WITH_FIELDS : RowKind.PROMPTS,
            settings.rows().onBadRow(),
            new RowTokenizer(policy.tokenizer(), settings.maxLength())
                .within(policy.config().dimensions().vocabulary()),
            settings.maxNewTokens());
    split.report().require(settings.maxDropped());
    settings.heldOut().require(split.heldOut().size());
    return new RunPrompts(settings, split, seed);
  }

  /** Stops at a prompt that a reward model can't read. */
  void requireReadBy(RewardModels rewards) {
    split.training().forEach(rewards::requireRead);
    split.heldOut().forEach(rewards::requireRead);
  }

  /** Each step's completions. */
  SampledRollouts rollouts(
      LanguageModel policy,
      Sampler sampler,
      LanguageModel reference,
      boolean shuffle,
      int samples,
      Reward reward) {
    List<TokenizedPrompt> prompts = split.training();
    BatchOrder order = new BatchOrder(prompts.size(), settings.promptsPerStep(), seed, shuffle);
    return new SampledRollouts(
        policy, sampler, Optional.of(reference), prompts, order, samples, sampling(), seed, reward);
  }

  /** What samples in this process. */
  Sampler here(Supplier<LanguageModel> policy) {
    return new PolicySampler(policy, sampling());
  }

  /** The policy as the servers have it that sample; empty where this process does. */
  Optional<ServedPolicy> served(LanguageModel policy) {
    return settings.servers().isAsked()
        ? Optional.of(
            ServedPolicy.open(
                policy,
                settings.servers(),
                sampling(),
                settings.maxLength(),
                split.training().stream().map(TokenizedPrompt::ids).toList(),
                !settings.skipProofs()))
        : Optional.empty();
  }

  /** A completion of each of a few prompts, held-out ones where there are. */
  SampledRollouts few(LanguageModel policy, LanguageModel reference, Reward reward) {
    List<TokenizedPrompt> few =
        SpreadRows.of(split.heldOut().isEmpty() ? split.training() : split.heldOut(), FEW);
    BatchOrder all = new BatchOrder(few.size(), few.size(), seed, false);
    return new SampledRollouts(
        policy, here(() -> policy), Optional.of(reference), few, all, 1, sampling(), seed, reward);
  }

  /** What evaluations compare on; empty where nothing is held out. */
  Optional<HeldOutPrompts> heldOut(LanguageModel reference, Reward reward, int tokenBudget) {
    return split.heldOut().isEmpty()
        ? Optional.empty()
        : Optional.of(
            new HeldOutPrompts(reference, compared(), sampling(), seed, reward, tokenBudget));
  }

  private List<TokenizedPrompt> compared() {
    return SpreadRows.of(split.heldOut(), settings.heldOut().evalPrompts());
  }

  private SamplingSettings sampling() {
    return SamplingSettings.of(settings.maxNewTokens(), settings.temperature());
  }

  /** What became of the rows, for the reader at the terminal. */
  List<String> lines() {
    List<String> lines = new ArrayList<>(split.lines());
    if (compared().size() < split.heldOut().size()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "each evaluation uses %,d of %,d held-out prompts",
              compared().size(),
              split.heldOut().size()));
    }
    if (settings.skipProofs()) {
      lines.add("proofs: skipped (--skip-proofs)");
    }
    return lines;
  }
}
