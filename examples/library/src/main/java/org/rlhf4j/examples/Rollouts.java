package org.rlhf4j.examples;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.data.batch.BatchOrder;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.reward.Reward;
import org.rlhf4j.rollout.source.RolloutSource;
import org.rlhf4j.rollout.source.SampledRollouts;

/** Completions of prompts that are in memory, sampled and judged. */
public final class Rollouts {

  private static final int MAX_LENGTH = 128;
  private static final int MAX_NEW_TOKENS = 12;
  private static final Location HERE = new Location("Rollouts.java", 1, 1);

  private Rollouts() {}

  /** Argument: a model's folder. */
  public static void main(String[] args) {
    try (LanguageModel policy = LanguageModel.load(Path.of(args[0]))) {
      Reward length = all -> all.completions().stream().mapToDouble(Completion::length).toArray();
      Rollout rollout = of(policy, List.of("Question: Why? Reply:"), 4, length).rollout(1);
      rollout.completions().forEach(one -> System.out.println(one.score() + one.text()));
    }
  }

  // [rollouts
  static RolloutSource of(LanguageModel policy, List<String> prompts, int samples, Reward reward) {
    BatchOrder order = new BatchOrder(prompts.size(), prompts.size(), 0, true);
    return new SampledRollouts(
        policy,
        tokenized(policy, prompts),
        order, // all prompts at each step, in an order of its own
        samples, // completions of each
        SamplingSettings.of(MAX_NEW_TOKENS, 1.0),
        0, // seed
        reward); // a function of the rollout: one number a completion
  }

  static List<TokenizedPrompt> tokenized(LanguageModel policy, List<String> prompts) {
    List<PromptRow> rows =
        prompts.stream().map(prompt -> new PromptRow(prompt, Optional.empty(), HERE)).toList();
    return new RowTokenizer(policy.tokenizer(), MAX_LENGTH)
        .tokenizePrompts(new Rows<>(rows, List.of()), MAX_NEW_TOKENS)
        .rows();
  }
  // rollouts]
}
