package org.rlhf4j.ppo;

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
import org.rlhf4j.settings.SettingSpec;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;

class PpoConfigTest {
  @TempDir private Path folder;
  private TinyRun runs;

  @BeforeEach
  void writePrompts() throws IOException {
    runs = new TinyRun(folder);
  }

  /** That of Mnih et al. 2016. */
  @Test
  void fiveStepsWhereNoneAreGiven() {
    assertThat(runs.config("run").ppo().nSteps()).isNull();
    assertThat(runs.config("run", "advantage-estimator", "n-step").ppo().nSteps()).isEqualTo(5);
  }

  @Test
  void defaults() {
    var given = runs.usual("run");
    given.keySet().retainAll(List.of("model", "reward-model", "data", "output"));
    PpoConfig config = TinyRun.SETTINGS.bind(Written.Mapping.EMPTY, given);
    assertThat(config.ppo())
        .isEqualTo(
            new PpoSettings(
                Objective.CLIP,
                0.2,
                null,
                null,
                null,
                4,
                1,
                1,
                Baseline.CRITIC,
                AdvantageEstimator.GAE,
                0.95,
                null,
                false,
                true,
                0.2,
                0.1,
                0,
                Critic.Kind.SEPARATE,
                null,
                5e-6,
                0,
                null,
                2));
    assertThat(config.kl())
        .isEqualTo(
            new KlSettings(
                0.05,
                KlEstimator.K1,
                KlSettings.KlIn.REWARD,
                false,
                null,
                10000,
                null,
                false,
                null));
    assertThat(config.optimizer().learningRate()).isEqualTo(1e-6);
    assertThat(config.optimizer().maxGradNorm()).isEqualTo(1);
    assertThat(config.rollouts().promptsPerStep()).isEqualTo(32);
    assertThat(config.rollouts().maxNewTokens()).isEqualTo(128);
    assertThat(config.rollouts().temperature()).isEqualTo(1);
    assertThat(config.rollouts().missingEosPenalty()).isEqualTo(1);
    assertThat(config.rollouts().skipProofs()).isFalse();
    assertThat(config.loop().epochs()).isEqualTo(1);
  }

  /** What numbers depend on isn't among them. */
  @Test
  void whatMayBeAnotherWhenARunGoesOn() {
    assertThat(TinyRun.SETTINGS.specs().stream().filter(SettingSpec::resumable))
        .extracting(SettingSpec::name)
        .containsExactlyInAnyOrder(
            "output",
            "resume",
            "device",
            "threads",
            "micro-batch-tokens",
            "gradient-checkpointing",
            "checkpoint-every",
            "keep-checkpoints",
            "keep-best",
            "max-eval-kl",
            "profile",
            "save-dtype",
            "max-shard-size",
            "skip-proofs",
            "rollout-server",
            "rollout-adapters",
            "server-requests",
            "server-timeout",
            "spark",
            "spark-conf");
  }

  @Test
  void whatSuitsTheObjectiveIsFilledIn() {
    assertThat(runs.config("run", "objective", "vanilla").ppo().clip()).isNull();
    assertThat(runs.config("run", "objective", "vanilla").ppo().stepKlTarget()).isNull();
    for (String objective : List.of("adaptive-kl", "trust-region")) {
      PpoSettings settings = runs.config("run", "objective", objective).ppo();
      assertThat(settings.clip()).isNull();
      assertThat(settings.stepKlTarget()).isEqualTo(0.01);
      assertThat(settings.stepKlCoefficient())
          .isEqualTo(objective.equals("adaptive-kl") ? Double.valueOf(1) : null);
    }
  }

  /** k1 in the loss has a gradient of expectation 0; weighed by ρ it hasn't. */
  @Test
  void theEstimatorSuitsWhereTheKlActs() {
    assertThat(runs.config("run", "kl-in", "loss").kl().klEstimator()).isEqualTo(KlEstimator.K2);
    assertThat(runs.config("run", "kl-in", "reward").kl().klEstimator()).isEqualTo(KlEstimator.K1);
    String[] corrected = {"kl-in", "loss", "kl-estimator", "k1", "kl-ratio-correction", "true"};
    assertThat(runs.config("run", corrected).kl().klEstimator()).isEqualTo(KlEstimator.K1);
  }

  /** The critic of a replay is a head on the policy then. */
  @Test
  void aSharedCriticNeedsNoValueModelOnReplay() {
    PpoConfig config =
        runs.config("run", "replay", "r.jsonl", "critic", "shared", "max-ratio", "2");
    assertThat(config.ppo().maxRatio()).isEqualTo(2);
  }

  @Test
  void aReplayBufferCutsRatios() {
    assertThat(runs.config("run", "replay-buffer", "4").ppo().maxRatio()).isEqualTo(2);
    assertThat(runs.config("run").ppo().maxRatio()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          data:              | --data is missing: name a file of rows with prompts, or --replay
          reward-model:      | --reward-model or --reward is missing: name a reward model, a program, or --replay
          replay:r.jsonl     | --value-model is missing: with --replay, name the model that the critic starts from
          gamma:1.5          | gamma must be from 0 to 1, not 1.5
          lambda:-1          | lambda must be from 0 to 1, not -1
          clip:0             | clip must be above 0, not 0
          ppo-epochs:0       | ppo-epochs must be above 0, not 0
          value-clip:-0.1    | value-clip must be 0 or more, not -0.1
          temperature:0      | temperature must be above 0, not 0
          kl-coefficient:-1  | kl-coefficient must be 0 or more, not -1
          kl-target:0        | kl-target must be above 0, not 0
          kl-target:6 kl-coefficient:0 | kl-coefficient must be above 0 with --kl-target
          dual-clip:1        | dual-clip must be above 1
          objective:vanilla clip:0.2             | clip is for --objective clip
          objective:adaptive-kl dual-clip:3      | dual-clip is for --objective clip
          step-kl-target:0.01                    | step-kl-target is for --objective adaptive-kl or trust-region
          objective:adaptive-kl step-kl-target:0 | step-kl-target must be above 0, not 0
          objective:trust-region step-kl-coefficient:1 | step-kl-coefficient is for --objective adaptive-kl
          objective:adaptive-kl step-kl-coefficient:0 | step-kl-coefficient must be from 1e-6 to 1000000, not 0
          critic:shared value-model:m            | value-model is for --critic separate
          critic:shared objective:trust-region   | critic must be separate with --objective trust-region
          objective:trust-region kl-in:loss      | kl-in must be reward with --objective trust-region
          kl-in:loss kl-estimator:k1             | kl-estimator must be k2 or k3 with --kl-in loss: there the gradient of k1 is that of log π, whose mean over the policy's own samples is 0
          kl-ratio-correction:true               | kl-ratio-correction is for --kl-in loss
          objective:trust-region precision:bf16  | precision must be fp32 with --objective trust-region: it takes differences of gradients at weights that bf16 can't tell apart
          objective:trust-region entropy-coefficient:1 | entropy-coefficient must be 0 with --objective trust-region
          critic-warmup-steps:-1                 | critic-warmup-steps must be 0 or more, not -1
          n-steps:3                              | n-steps is for --advantage-estimator n-step
          advantage-estimator:n-step n-steps:0   | n-steps must be above 0, not 0
          max-ratio:2                            | max-ratio is for --replay and --replay-buffer
          max-behaviour-ratio:0                  | max-behaviour-ratio must be above 0, not 0
          refresh-reference-every:0              | refresh-reference-every must be above 0, not 0
          """)
  void whatCantBeIsRefused(String option, String message) {
    List<String> options = new ArrayList<>(List.of(option.split("[: ]", -1)));
    assertThatThrownBy(() -> runs.config("run", options.toArray(String[]::new)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }
}
