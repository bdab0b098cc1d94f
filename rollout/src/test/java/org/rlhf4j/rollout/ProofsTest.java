package org.rlhf4j.rollout;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.data.BatchOrder;
import org.rlhf4j.data.Location;
import org.rlhf4j.data.PromptRow;
import org.rlhf4j.data.TokenizedPrompt;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.Precision;
import org.rlhf4j.model.SamplingSettings;
import org.rlhf4j.model.UserException;

class ProofsTest {
  private static final double TEMPERATURE = 0.7;

  private static LanguageModel policy;
  private static Rollout sampled;

  @BeforeAll
  static void sample() {
    policy = TinyRollouts.policy(1);
    List<TokenizedPrompt> prompts =
        List.of(new int[] {5, 6, 7}, new int[] {8}, new int[] {9, 9, 9, 9, 9}).stream()
            .map(ids -> new TokenizedPrompt(ids, row(), 0))
            .toList();
    sampled =
        new SampledRollouts(
                policy,
                prompts,
                new BatchOrder(3, 3, 0, false),
                4,
                SamplingSettings.of(12, TEMPERATURE),
                0,
                rollout -> new double[rollout.size()])
            .rollout(1);
  }

  private static PromptRow row() {
    return new PromptRow("", Optional.empty(), new Location("test", 1, 1));
  }

  @AfterAll
  static void close() {
    policy.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 25, 4096})
  void whatWasSampledRescoresToRatioOneHoweverItIsSplit(int tokenBudget) {
    assertThatCode(() -> Proofs.ratioIsOne(policy, sampled, TEMPERATURE, tokenBudget))
        .doesNotThrowAnyException();
  }

  @Test
  void anotherTemperatureIsFound() {
    assertThatThrownBy(() -> Proofs.ratioIsOne(policy, sampled, 1.0, 4096))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "proof \"ratio 1\" failed: sampling and rescoring the same tokens differ"
                + " at token 0 of completion 0: log-probabilities ")
        .hasMessageEndingWith("; --skip-proofs goes on all the same");
  }

  @Test
  void otherWeightsAreFound() {
    try (LanguageModel other = TinyRollouts.policy(2)) {
      assertThatThrownBy(() -> Proofs.ratioIsOne(other, sampled, TEMPERATURE, 4096))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("proof \"ratio 1\" failed");
    }
  }

  @Test
  void aCopyHasNoKl() {
    try (LanguageModel copy = policy.copy()) {
      Rollout rollout = RolloutScoring.withRefLogprobs(copy, sampled, TEMPERATURE, 4096);
      assertThatCode(() -> Proofs.klIsZero(Precision.FP32, rollout)).doesNotThrowAnyException();
    }
  }

  @Test
  void anotherReferenceIsFound() {
    try (LanguageModel other = TinyRollouts.policy(2)) {
      Rollout rollout = RolloutScoring.withRefLogprobs(other, sampled, TEMPERATURE, 4096);
      assertThatThrownBy(() -> Proofs.klIsZero(Precision.FP32, rollout))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith(
              "proof \"KL 0\" failed: policy and reference differ before the first update"
                  + " at token 0 of completion 0: log-probabilities ")
          .hasMessageContaining("the reference isn't a copy of the policy");
    }
  }

  /** One token of the last completion is off by twice the tolerance, and it is the one named. */
  @Test
  void theFirstTokenThatDiffersIsNamed() {
    float[][] logprobs = new float[sampled.size()][];
    for (int i = 0; i < logprobs.length; i++) {
      logprobs[i] = sampled.completions().get(i).logprobs().clone();
    }
    Rollout rollout = sampled.withRefLogprobs(logprobs);
    int last = logprobs.length - 1;
    logprobs[last][2] += (float) (0.5 * Precision.FP32.tolerance());
    assertThatCode(() -> Proofs.klIsZero(Precision.FP32, rollout)).doesNotThrowAnyException();
    logprobs[last][2] += (float) (1.5 * Precision.FP32.tolerance());
    assertThatThrownBy(() -> Proofs.klIsZero(Precision.FP32, rollout))
        .hasMessageContaining(" at token 2 of completion " + last + ": ");
    logprobs[last][1] = Float.NaN;
    assertThatThrownBy(() -> Proofs.klIsZero(Precision.FP32, rollout))
        .hasMessageContaining(" at token 1 of completion " + last + ": ");
  }
}
