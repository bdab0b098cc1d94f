package org.rlhf4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.UsageException;

class ResumedSettingsTest {

  private static final Settings<Example> SETTINGS = Settings.of(Example.class);

  /** What a stage might take. */
  record Example(
      @Setting(help = "A file.", required = true) Path data,
      @Setting(help = "A rate.", defaultValue = "0.1") double learningRate,
      @Setting(help = "A number.") Integer seed,
      @Setting(help = "Threads.", resumable = true) Integer threads) {}

  @TempDir private Path folder;
  private Path data;

  @BeforeEach
  void beginRun() throws IOException {
    data = Files.createFile(folder.resolve("data.csv"));
    try (RunDirectory run = RunDirectory.open(folder.resolve("run"), false)) {
      run.writeConfig("sft", SETTINGS, new Example(data, 0.1, null, 1));
      Files.createDirectory(run.checkpoints());
    }
  }

  private void goOn(Example now) throws IOException {
    try (RunDirectory run = RunDirectory.open(folder.resolve("run"), true)) {
      run.writeConfig("sft", SETTINGS, now);
    }
  }

  @Test
  void whatNumbersDependOnMustBeAsItWas() {
    assertThatThrownBy(() -> goOn(new Example(data, 0.2, null, 1)))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            folder.resolve("run/config.yaml")
                + ": --resume needs the settings with which the run began, but learning-rate was"
                + " 0.1 and is now 0.2; set it back, or choose another --output");
    assertThatThrownBy(() -> goOn(new Example(data, 0.1, 3, 1)))
        .hasMessageContaining("seed was not set and is now 3");
    assertThat(folder.resolve("run/config.yaml")).content().contains("learning-rate: 0.1");
  }

  @Test
  void threadsMayChangeAndAFileMayBeNamedOtherwise() throws IOException {
    goOn(new Example(folder.resolve("run/../data.csv"), 0.1, null, 2));
    assertThat(folder.resolve("run/config.yaml")).content().contains("threads: 2");
  }

  @Test
  void theSameContentElsewhereGoesOn() throws IOException {
    Path moved = Files.createDirectory(folder.resolve("moved")).resolve("data.csv");
    Files.move(data, moved);
    goOn(new Example(moved, 0.1, null, 1));
    assertThat(folder.resolve("run/config.yaml")).content().contains("data: " + moved);
    goOn(new Example(moved, 0.1, null, 1));
  }

  @Test
  void anotherContentIsRefusedByName() throws IOException {
    Files.writeString(data, "prompt\n");
    assertThatThrownBy(() -> goOn(new Example(data, 0.1, null, 1)))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            data
                + ": --data has another content than when the run in "
                + folder.resolve("run")
                + " began; put the old content back to --resume, or choose another --output");
    Path same = Files.createFile(folder.resolve("same.csv"));
    goOn(new Example(same, 0.1, null, 1));
  }

  /** Relative to the folder that the first process ran in. */
  @Test
  void aRelativePathIsMadeWhole() throws IOException {
    Path relative = Path.of("").toAbsolutePath().relativize(data);
    goOn(new Example(relative, 0.1, null, 1));
    assertThat(folder.resolve("run/config.yaml"))
        .content()
        .contains("data: " + relative.toAbsolutePath());
  }

  /** As earlier versions left it. */
  @Test
  void withoutARecordOfInputsAnotherFileIsAChange() throws IOException {
    Files.delete(folder.resolve("run/inputs.json"));
    Path other = Files.createFile(folder.resolve("other.csv"));
    assertThatThrownBy(() -> goOn(new Example(other, 0.1, null, 1)))
        .hasMessageContaining("data was " + data + " and is now " + other);
    goOn(new Example(data, 0.1, null, 1));
  }

  @Test
  void aRunWithoutCheckpointBeginsAnewWithWhateverIsSet() throws IOException {
    Files.delete(folder.resolve("run/checkpoints"));
    Files.createFile(folder.resolve("run/metrics.jsonl")); // a run that has begun: its folder stays
    goOn(new Example(data, 0.2, null, 1));
    assertThat(folder.resolve("run/config.yaml")).content().contains("learning-rate: 0.2");
  }

  @Test
  void aRunOfAnotherStageIsRefusedByItsName() throws IOException {
    try (RunDirectory run = RunDirectory.open(folder.resolve("run"), true)) {
      assertThatThrownBy(() -> run.writeConfig("reward", SETTINGS, new Example(data, 0.1, null, 1)))
          .isInstanceOf(UsageException.class)
          .hasMessage(
              folder.resolve("run/config.yaml")
                  + ": holds a run of sft, not of reward; choose another --output");
    }
  }

  /** Configurations written before they named their stage go on, and name it from then on. */
  @Test
  void aRunWhoseConfigurationNamesNoStageGoesOn() throws IOException {
    Path config = folder.resolve("run/config.yaml");
    Files.writeString(config, Files.readString(config).replace("stage: sft\n", ""));
    goOn(new Example(data, 0.1, null, 1));
    assertThat(config).content().startsWith("stage: sft\n");
  }
}
