package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.UsageException;
import org.rlhf4j.training.settings.Defaults;
import org.rlhf4j.training.settings.SettingSpec;
import org.rlhf4j.training.settings.Settings;
import org.rlhf4j.training.settings.Written;

class SharedSettingsTest {

  record StageSettings(
      RunSettings run,
      LoopSettings loop,
      BatchSettings batch,
      @Defaults("learning-rate=1e-6") OptimizerSettings optimizer) {}

  private static final Settings<StageSettings> SETTINGS = Settings.of(StageSettings.class);

  private static StageSettings bind(String... namesAndValues) {
    Map<String, List<String>> commandLine = new HashMap<>(Map.of("output", List.of("out")));
    for (int i = 0; i < namesAndValues.length; i += 2) {
      commandLine.put(namesAndValues[i], List.of(namesAndValues[i + 1]));
    }
    return SETTINGS.bind(Written.Mapping.EMPTY, commandLine);
  }

  @Test
  void namesAreAsDocumented() {
    assertThat(SETTINGS.specs())
        .extracting(SettingSpec::name)
        .containsExactly(
            "output",
            "resume",
            "epochs",
            "steps",
            "shuffle",
            "micro-batch-tokens",
            "gradient-checkpointing",
            "checkpoint-every",
            "keep-checkpoints",
            "profile",
            "batch-size",
            "learning-rate",
            "schedule",
            "warmup-steps",
            "weight-decay",
            "adam-beta1",
            "adam-beta2",
            "adam-epsilon",
            "max-grad-norm");
  }

  @Test
  void defaultsAreAsDocumented() {
    StageSettings settings = bind();
    assertThat(settings.run()).isEqualTo(new RunSettings(Path.of("out"), false));
    assertThat(settings.loop())
        .isEqualTo(new LoopSettings(1, null, true, null, false, 100, 2, false));
    assertThat(settings.batch()).isEqualTo(new BatchSettings(16));
    assertThat(settings.optimizer())
        .isEqualTo(new OptimizerSettings(1e-6, Schedule.LINEAR, 0, 0, 0.9, 0.999, 1e-8, 1));
  }

  @Test
  void stepsComeFromTheEpochsUnlessGiven() {
    // 2 passes over 25 rows by 16: 50 / 16 = 3.125
    assertThat(bind("epochs", "2").loop().stepsOver(25, 16)).isEqualTo(4);
    assertThat(bind("epochs", "2", "steps", "60").loop().stepsOver(25, 16)).isEqualTo(60);
  }

  @Test
  void theScheduleTakesTheRateAndTheWarmup() {
    OptimizerSettings settings =
        bind("learning-rate", "0.5", "schedule", "cosine", "warmup-steps", "3").optimizer();
    assertThat(settings.scheduleOver(10))
        .isEqualTo(new LearningRateSchedule(Schedule.COSINE, 0.5, 3, 10));
    assertThat(settings.scheduleOver(0.25, 10).learningRate()).isEqualTo(0.25);
  }

  @ParameterizedTest
  @CsvSource({
    "steps, 0",
    "epochs, 0",
    "checkpoint-every, 0",
    "keep-checkpoints, 0",
    "micro-batch-tokens, 0",
    "batch-size, 0",
    "learning-rate, -1",
    "adam-beta1, 1",
    "adam-beta2, 1",
    "max-grad-norm, -1"
  })
  void refusesWhatIsOutOfRange(String name, String value) {
    assertThatThrownBy(() -> bind(name, value))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(name);
  }

  @Test
  void theResolvedConfigurationIsWrittenToTheRun(@TempDir Path folder) throws IOException {
    try (RunDirectory run = bind("output", folder.toString()).run().open()) {
      run.writeConfig(SETTINGS, bind("steps", "60"));
      assertThat(run.config()).content().contains("steps: 60", "learning-rate: 1e-6");
    }
  }
}
