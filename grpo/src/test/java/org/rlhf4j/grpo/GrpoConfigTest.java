package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.rollout.kl.KlEstimator;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;

class GrpoConfigTest {
  @TempDir private Path folder;
  private TinyRun runs;

  @BeforeEach
  void writePrompts() throws IOException {
    runs = new TinyRun(folder);
  }

  @Test
  void defaults() {
    var given = runs.usual("run");
    given.keySet().retainAll(List.of("model", "reward-model", "data", "output"));
    GrpoConfig config = TinyRun.SETTINGS.bind(Written.Mapping.EMPTY, given);
    assertThat(config.grpo())
        .isEqualTo(
            new GrpoSettings(
                8, GrpoLoss.GRPO, GroupAdvantages.GROUP, 0.2, 0.2, 1, false, 0, null, 2));
    assertThat(config.kl())
        .isEqualTo(
            new KlSettings(
                0.04, KlEstimator.K3, KlSettings.KlIn.LOSS, false, null, 10000, null, false, null));
    assertThat(config.optimizer().learningRate()).isEqualTo(1e-6);
    assertThat(config.rollouts().promptsPerStep()).isEqualTo(8);
    assertThat(config.rollouts().maxNewTokens()).isEqualTo(128);
    assertThat(config.rollouts().temperature()).isEqualTo(1);
    assertThat(config.rollouts().missingEosPenalty()).isZero();
  }

  /** Old completions weigh twice as much as fresh ones at most, unless it is said. */
  @Test
  void aReplayBufferHasItsDefaults() {
    GrpoConfig config = runs.config("run", "replay-buffer", "4");
    assertThat(config.rollouts().buffer().replayShare()).isEqualTo(0.5);
    assertThat(config.grpo().maxRatio()).isEqualTo(2);
    assertThat(runs.config("run", "replay-buffer", "4", "max-ratio", "3").grpo().maxRatio())
        .isEqualTo(3);
    assertThat(runs.config("run").grpo().maxRatio()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "grpo, GROUP, 0.2, 0.2",
    "dapo, GROUP, 0.2, 0.2",
    "dr-grpo, MEAN_ONLY, 0.2, 0.2",
    "gspo, GROUP, 3e-4, 4e-4"
  })
  void whatSuitsTheLossIsFilledIn(
      String loss, GroupAdvantages advantage, double clipLow, double clipHigh) {
    GrpoSettings settings = runs.config("run", "loss", loss).grpo();
    assertThat(settings.advantage()).isEqualTo(advantage);
    assertThat(settings.clipLow()).isEqualTo(clipLow);
    assertThat(settings.clipHigh()).isEqualTo(clipHigh);
    GrpoSettings chosen =
        runs.config(
                "run",
                "loss",
                loss,
                "advantage",
                "leave-one-out",
                "clip-low",
                "0.1",
                "clip-high",
                "0.28")
            .grpo();
    assertThat(chosen.advantage()).isEqualTo(GroupAdvantages.LEAVE_ONE_OUT);
    assertThat(chosen.clipLow()).isEqualTo(0.1);
    assertThat(chosen.clipHigh()).isEqualTo(0.28);
  }

  @Test
  void onlyARunningMeanTakesGroupsOfOne() {
    assertThat(
            runs.config("run", "group-size", "1", "advantage", "running-mean").grpo().groupSize())
        .isEqualTo(1);
    assertThatThrownBy(() -> runs.config("run", "group-size", "1", "advantage", "leave-one-out"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("a group needs at least 2 completions to compare");
  }

  @Test
  void aCorrectionOfTheKlInTheLossNeedsOneThere() {
    assertThatThrownBy(() -> runs.config("run", "kl-ratio-correction", "true", "kl-in", "reward"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("kl-ratio-correction is for --kl-in loss");
  }

  @Test
  void k1IsForTheRewardOrForACorrectedLoss() {
    for (String where : List.of("kl-in=reward", "kl-ratio-correction=true")) {
      String[] setting = where.split("=");
      assertThat(
              runs.config("run", "kl-estimator", "k1", setting[0], setting[1]).kl().klEstimator())
          .isEqualTo(KlEstimator.K1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          data:                | --data is missing: name a file of rows with prompts, or --replay
          reward-model:        | --reward-model or --reward is missing: name a reward model, a program, or --replay
          group-size:1         | --group-size is 1; a group needs at least 2 completions to compare
          clip-low:0           | clip-low must be above 0, not 0
          clip-high:-1         | clip-high must be above 0, not -1
          updates-per-batch:0  | updates-per-batch must be above 0, not 0
          kl-estimator:k1      | kl-estimator must be k2 or k3 with --kl-in loss: there the gradient of k1 is that of log π
          kl-target:6 kl-coefficient:0 | kl-coefficient must be above 0 with --kl-target
          max-ratio:2          | max-ratio is for --replay and --replay-buffer: what the policy has just sampled is near 1
          max-behaviour-ratio:0 | max-behaviour-ratio must be above 0, not 0
          replay-buffer:0      | replay-buffer must be above 0, not 0
          replay-buffer:2 replay-share:1 | replay-share must be above 0 and below 1, not 1.0
          replay-share:0.5     | replay-share is for --replay-buffer
          replay-buffer:2 replay:r.jsonl | replay-buffer keeps what is sampled; with --replay the file says what is learnt from
          recompute:reference  | recompute is for --replay
          replay:r.jsonl recompute:values | recompute has no values to compute in grpo, which has no critic
          refresh-reference-every:0 | refresh-reference-every must be above 0, not 0
          """)
  void whatCantBeIsRefused(String option, String message) {
    List<String> options = new ArrayList<>(List.of(option.split("[: ]", -1)));
    assertThatThrownBy(() -> runs.config("run", options.toArray(String[]::new)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }
}
