package org.rlhf4j.rollout.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.settings.UserException;

class ModelComparisonTest {

  /**
   * Scores (3, 1, 2, 0) against (1, 1, 3, −2): d = (2, 0, −1, 2), mean ¾; Σ (d − ¾)² = 1.5625 +
   * 0.5625 + 3.0625 + 1.5625 = 6.75, s = √(6.75 / 3) = 1.5, half the interval 1.959964 · 1.5 / 2 =
   * 1.469973. Two wins and a tie of 4: 0.625. KL: completion 1 has 2 tokens of 0.5 and −0.2, the
   * others one of 0.1: (0.3 + 3 · 0.1) / 4 = 0.15. Lengths (2 + 1 + 1 + 1) / 4.
   */
  @Test
  void byHand() {
    Rollout ours =
        new Rollout(
            List.of(
                group(3, new float[] {-1, -2}, new float[] {-1.5f, -1.8f}, true),
                group(1, new float[] {-1}, new float[] {-1.1f}, false),
                group(2, new float[] {-1}, new float[] {-1.1f}, true),
                group(0, new float[] {-1}, new float[] {-1.1f}, true)));
    Rollout theirs =
        new Rollout(
            List.of(
                group(1, new float[3], null, true),
                group(1, new float[1], null, false),
                group(3, new float[1], null, false),
                group(-2, new float[1], null, false)));

    ModelComparison comparison = ModelComparison.of(ours, theirs);

    assertThat(comparison.prompts()).isEqualTo(4);
    assertThat(comparison.reward()).isEqualTo(1.5);
    assertThat(comparison.referenceReward()).isEqualTo(0.75);
    assertThat(comparison.difference()).isEqualTo(0.75);
    assertThat(comparison.differenceLow()).isCloseTo(0.75 - 1.469973, within(1e-6));
    assertThat(comparison.differenceHigh()).isCloseTo(0.75 + 1.469973, within(1e-6));
    assertThat(comparison.winRate()).isEqualTo(0.625);
    assertThat(comparison.kl()).isCloseTo(0.15, within(1e-6));
    assertThat(comparison.completionLength()).isEqualTo(1.25);
    assertThat(comparison.referenceCompletionLength()).isEqualTo(1.5);
    assertThat(comparison.ended()).isEqualTo(0.75);
    assertThat(comparison.referenceEnded()).isEqualTo(0.25);
    assertThat(comparison.text())
        .contains("reward                   1.5000     0.7500")
        .contains("difference           +0.7500 (95 % from -0.7200 to +2.2200)")
        .contains("kl                   0.1500 nats per completion");
  }

  private static RolloutGroup group(
      double score, float[] logprobs, float[] refLogprobs, boolean ended) {
    int[] ids = new int[logprobs.length];
    Completion completion = new Completion(ids, ended, "", score, logprobs, refLogprobs, null);
    return new RolloutGroup(0, "x", new int[] {5}, null, List.of(completion));
  }

  /** Without the second prompt: d = (2, −1), mean ½, wins 1 of 2. */
  @Test
  void whatNoRewardAppliesToIsLeftOut() {
    ModelComparison comparison =
        ModelComparison.of(scored(3, Double.NaN, 2, 4), scored(1, 5, 3, Double.NaN));
    assertThat(comparison.prompts()).isEqualTo(2);
    assertThat(comparison.unscored()).isEqualTo(2);
    assertThat(comparison.reward()).isEqualTo(2.5);
    assertThat(comparison.referenceReward()).isEqualTo(2);
    assertThat(comparison.difference()).isEqualTo(0.5);
    assertThat(comparison.winRate()).isEqualTo(0.5);
    assertThat(comparison.text()).contains("left out             2 prompts");
    assertThatThrownBy(() -> ModelComparison.of(scored(1, Double.NaN), scored(1, 2)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "a reward applies only to 1 of 2 prompts, which is too few for a comparison");
  }

  @Test
  void writesWhatItFound() throws IOException {
    ModelComparison comparison = ModelComparison.of(scored(3, 1, 2, 0), scored(1, 1, 3, -2));
    JsonNode json = new ObjectMapper().readTree(comparison.json());
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "prompts",
            "unscored",
            "reward",
            "reference_reward",
            "difference",
            "difference_low",
            "difference_high",
            "win_rate",
            "kl",
            "completion_length",
            "reference_completion_length",
            "ended",
            "reference_ended");
    comparison
        .metrics()
        .values()
        .forEach(
            (name, value) ->
                assertThat(json.get(name.substring("eval_".length())).doubleValue())
                    .as(name)
                    .isEqualTo(value));
  }

  private static Rollout scored(double... scores) {
    return new Rollout(
        Arrays.stream(scores)
            .mapToObj(score -> group(score, new float[] {-1}, new float[] {-1}, true))
            .toList());
  }
}
