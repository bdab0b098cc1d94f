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
import org.rlhf4j.model.UsageException;
import org.rlhf4j.rollout.KlEstimator;
import org.rlhf4j.rollout.KlSettings;
import org.rlhf4j.training.settings.Written;

class PpoConfigTest {
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
    PpoConfig config = TinyRun.SETTINGS.bind(Written.Mapping.EMPTY, given);
    assertThat(config.ppo())
        .isEqualTo(new PpoSettings(4, 1, 0.2, 1, 0.95, 0.2, 0.1, 0, null, 5e-6));
    assertThat(config.kl())
        .isEqualTo(new KlSettings(0.05, KlEstimator.K1, KlSettings.KlIn.REWARD, null, 10000));
    assertThat(config.optimizer().learningRate()).isEqualTo(1e-6);
    assertThat(config.optimizer().maxGradNorm()).isEqualTo(1);
    assertThat(config.rollouts().promptsPerStep()).isEqualTo(32);
    assertThat(config.rollouts().maxNewTokens()).isEqualTo(128);
    assertThat(config.rollouts().temperature()).isEqualTo(1);
    assertThat(config.rollouts().missingEosPenalty()).isEqualTo(1);
    assertThat(config.rollouts().skipProofs()).isFalse();
    assertThat(config.loop().epochs()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          data:              | --data is missing: name a file of rows with prompts, or --replay
          reward-model:      | --reward-model or --reward is missing: name a reward model, a program, or --replay
          replay:r.jsonl     | --value-model is missing: with --replay name what the critic starts from
          gamma:1.5          | gamma must be from 0 to 1, not 1.5
          lambda:-1          | lambda must be from 0 to 1, not -1
          clip:0             | clip must be above 0, not 0
          ppo-epochs:0       | ppo-epochs must be above 0, not 0
          value-clip:-0.1    | value-clip must be 0 or more, not -0.1
          temperature:0      | temperature must be above 0, not 0
          kl-coefficient:-1  | kl-coefficient must be 0 or more, not -1
          kl-target:0        | kl-target must be above 0, not 0
          """)
  void whatCantBeIsRefused(String option, String message) {
    List<String> options = new ArrayList<>(List.of(option.split(":", 2)));
    assertThatThrownBy(() -> runs.config("run", options.toArray(String[]::new)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }
}
