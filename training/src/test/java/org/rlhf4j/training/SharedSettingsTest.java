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
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.settings.Defaults;
import org.rlhf4j.settings.FileSize;
import org.rlhf4j.settings.SettingSpec;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.optimizer.LearningRateSchedule;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.optimizer.Schedule;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.run.RunSettings;
import org.rlhf4j.training.run.SaveSettings;

class SharedSettingsTest {

  record StageSettings(
      RunSettings run,
      LoopSettings loop,
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
            "save-dtype",
            "max-shard-size",
            "epochs",
            "steps",
            "shuffle",
            "micro-batch-tokens",
            "gradient-checkpointing",
            "checkpoint-every",
            "keep-checkpoints",
            "profile",
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
    assertThat(settings.run())
        .isEqualTo(new RunSettings(Path.of("out"), false, SaveSettings.DEFAULT));
    assertThat(settings.run().save().format()).isEqualTo(SaveFormat.DEFAULT);
    assertThat(settings.loop())
        .isEqualTo(new LoopSettings(1, null, true, null, false, 100, 2, false));
    assertThat(settings.optimizer())
        .isEqualTo(new OptimizerSettings(1e-6, Schedule.LINEAR, 0, 0, 0.9, 0.999, 1e-8, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "5GB, 5000000000",
    "500MB, 500000000",
    "2GiB, 2147483648",
    "3K, 3000",
    "1 TB, 1000000000000",
    "77, 77"
  })
  void sizesOfFilesAreWrittenWithTheirUnit(String text, long bytes) {
    FileSize size = bind("max-shard-size", text).run().save().maxShardSize();
    assertThat(size.bytes()).isEqualTo(bytes);
    assertThat(size).hasToString(text);
  }

  @Test
  void stepsComeFromTheEpochsUnlessGiven() {
    // 2.5 passes of 3 steps: 7.5
    assertThat(bind("epochs", "2.5").loop().stepsOver(3)).isEqualTo(8);
    assertThat(bind("epochs", "2.5", "steps", "60").loop().stepsOver(3)).isEqualTo(60);
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
    "save-dtype, fp64",
    "max-shard-size, 0",
    "max-shard-size, 5 gigabytes",
    "max-shard-size, -1",
    "max-shard-size, 99999999TB",
    "steps, 0",
    "epochs, 0",
    "checkpoint-every, 0",
    "keep-checkpoints, 0",
    "micro-batch-tokens, 0",
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
      run.writeConfig("sft", SETTINGS, bind("steps", "60"));
      assertThat(run.config())
          .content()
          .startsWith("stage: sft\n")
          .contains("steps: 60", "learning-rate: 1e-6");
    }
  }
}
