package org.rlhf4j.rollout.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.TinyRollouts;

class HeldOutPromptsTest {
  private static final double TEMPERATURE = 0.8;

  /** The batches that the reward was asked for. */
  private final List<Rollout> judged = new ArrayList<>();

  private double[] lengths(Rollout rollout) {
    judged.add(rollout);
    return rollout.completions().stream().mapToDouble(Completion::length).toArray();
  }

  private static int[][] ids(Rollout rollout) {
    return rollout.completions().stream().map(Completion::ids).toArray(int[][]::new);
  }

  private HeldOutPrompts prompts(LanguageModel reference) {
    List<TokenizedPrompt> prompts =
        IntStream.range(0, 5)
            .mapToObj(
                i ->
                    new TokenizedPrompt(
                        new int[] {5 + i, 7},
                        new PromptRow("", Optional.empty(), new Location("test", 1, 1)),
                        0))
            .toList();
    return new HeldOutPrompts(
        reference, prompts, SamplingSettings.of(6, TEMPERATURE), 3, this::lengths, 4096);
  }

  @Test
  void equalModelsSayTheSame() {
    try (LanguageModel reference = TinyRollouts.policy(1);
        LanguageModel policy = reference.copy()) {
      ModelComparison same = prompts(reference).compare(policy);
      assertThat(same.prompts()).isEqualTo(5);
      assertThat(same.difference()).isZero();
      assertThat(same.winRate()).isEqualTo(0.5);
      assertThat(same.kl()).isCloseTo(0, within(1e-5));
      assertThat(same.completionLength()).isEqualTo(same.referenceCompletionLength());
      assertThat(ids(judged.get(0))).isDeepEqualTo(ids(judged.get(1)));
    }
  }

  @Test
  void theReferenceIsSampledAndScoredOnce() {
    try (LanguageModel reference = TinyRollouts.policy(1);
        LanguageModel policy = TinyRollouts.policy(2);
        LanguageModel other = TinyRollouts.policy(3)) {
      HeldOutPrompts prompts = prompts(reference);
      ModelComparison first = prompts.compare(policy);
      ModelComparison second = prompts.compare(other);
      assertThat(judged).hasSize(3);
      assertThat(second.referenceReward()).isEqualTo(first.referenceReward());
      assertThat(second.kl()).isNotEqualTo(first.kl());
      assertThat(prompts.compare(policy)).isEqualTo(first);
    }
  }

  /** Σ log π − log π_ref of what the policy said, from log-probabilities of each made anew. */
  @Test
  void klIsThatOfThePolicysCompletions() {
    try (LanguageModel reference = TinyRollouts.policy(1);
        LanguageModel policy = TinyRollouts.policy(2)) {
      double kl = prompts(reference).compare(policy).kl();
      Rollout ours = judged.get(1);
      float[][] policys = RolloutScoring.logprobs(policy, ours, TEMPERATURE, 4096);
      float[][] references = RolloutScoring.logprobs(reference, ours, TEMPERATURE, 4096);
      double sum = 0;
      for (int i = 0; i < policys.length; i++) {
        for (int t = 0; t < policys[i].length; t++) {
          sum += (double) policys[i][t] - references[i][t];
        }
      }
      assertThat(kl).isCloseTo(sum / 5, within(1e-4)).isGreaterThan(0.01);
    }
  }
}
