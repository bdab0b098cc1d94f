package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutFile;
import org.rlhf4j.training.Metrics;

class AdaptiveKlObjectiveTest {
  private static final Path FIXTURE = TinyRun.FIXTURE;

  @ParameterizedTest
  @CsvSource({
    // target 0.02: above 0.03 doubled, below 0.0133333 halved, left alone between
    "0.0301, 2, 4",
    "0.0299, 2, 2",
    "0.0134, 2, 2",
    "0.0133, 2, 1",
    "0, 1, 0.5"
  })
  void theStepCoefficientDoublesAndHalves(double kl, double before, double after) {
    assertThat(AdaptiveKlObjective.next(before, kl, 0.02)).isEqualTo(after);
  }

  /** The policy hasn't moved, then it has: by what a plain sum over the vocabulary says. */
  @Test
  void itMeasuresHowFarTheUpdatesWentAndRemembers() {
    try (LanguageModel policy = LanguageModel.load(FIXTURE.resolve("policy"));
        LanguageModel reference = LanguageModel.load(FIXTURE.resolve("reference"))) {
      Rollout rollout =
          RolloutFile.read(
                  FIXTURE.resolve("rollouts.jsonl"),
                  policy.tokenizer(),
                  policy.config().dimensions())
              .get(1);
      AdaptiveKlObjective objective = new AdaptiveKlObjective(policy, 0.01, 0.8, 4096);
      objective.begin(rollout);
      Metrics still = objective.end(rollout);
      assertThat(still.get("step_kl").orElseThrow()).isZero();
      assertThat(still.get("step_kl_coefficient").orElseThrow()).isEqualTo(1);
      assertThat(objective.counters()).containsEntry("step_kl_coefficient", 0.5);
      objective.begin(rollout);
      policy.parameters().set(reference.parameters());
      double moved = objective.end(rollout).get("step_kl").orElseThrow();
      assertThat(moved).isGreaterThan(0.015);
      assertThat(objective.counters()).containsEntry("step_kl_coefficient", 1.0);
      AdaptiveKlObjective split = new AdaptiveKlObjective(policy, 0.01, 0.8, 1);
      split.restoreCounters(objective.counters());
      assertThat(split.counters()).isEqualTo(objective.counters());
    }
  }
}
