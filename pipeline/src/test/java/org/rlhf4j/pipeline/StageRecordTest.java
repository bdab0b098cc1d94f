package org.rlhf4j.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.PrecisionChoice;
import org.rlhf4j.sft.SftStage;

class StageRecordTest {

  @TempDir private Path folder;

  private static StageRecord record(String... lines) {
    return new StageRecord(List.of(lines));
  }

  private static StageRecord of(String settings, Path... inputs) throws IOException {
    MachineSettings machine =
        new MachineSettings(MachineSettings.Device.AUTO, null, PrecisionChoice.FP32, 0);
    return StageRecord.of(
        new PipelineStage(
            "one",
            SftStage.TYPE,
            settings,
            machine,
            List.of(inputs),
            (resume, stop) -> {},
            () -> null));
  }

  @Test
  void saysWhatASettingWasAndIs() {
    StageRecord before = record("steps: 60", "seed: 1");
    assertThat(record("steps: 80", "seed: 1").changeSince(before, Map.of()))
        .hasValue("steps was 60, is now 80");
    assertThat(record("seed: 1").changeSince(before, Map.of()))
        .hasValue("steps was 60, is now not set");
    assertThat(before.changeSince(record("seed: 1"), Map.of()))
        .hasValue("steps was not set, is now 60");
    assertThat(before.changeSince(before, Map.of())).isEmpty();
  }

  @Test
  void comparesListsAsAWhole() {
    assertThat(
            record("data:", "  - /a", "  - /c", "seed: 1")
                .changeSince(record("data:", "  - /a", "  - /b", "seed: 1"), Map.of()))
        .hasValue("data was /a /b, is now /a /c");
  }

  /** As a version left it that didn't know the setting. */
  @Test
  void aSettingThatIsNotNamedHasItsDefault() {
    Map<String, String> defaults = Map.of("kl-ratio-correction", "false");
    StageRecord before = record("seed: 1");
    assertThat(record("seed: 1", "kl-ratio-correction: false").changeSince(before, defaults))
        .isEmpty();
    assertThat(record("seed: 1", "kl-ratio-correction: true").changeSince(before, defaults))
        .hasValue("kl-ratio-correction was false, is now true");
  }

  @Test
  void whereTheRunIsWrittenIsNoChange() {
    assertThat(
            record("output: /b", "resume: true")
                .changeSince(record("output: /a", "resume: false"), Map.of()))
        .isEmpty();
  }

  @Test
  void noticesOtherContentUnderTheSameName() throws IOException {
    Path rows = Files.writeString(folder.resolve("rows: all.csv"), "prompt\na\n");
    StageRecord before = of("steps: 1\n", rows);
    assertThat(of("steps: 1\n", rows).changeSince(before, Map.of())).isEmpty();
    Files.writeString(rows, "prompt\nb\n");
    assertThat(of("steps: 1\n", rows).changeSince(before, Map.of()))
        .hasValue("the content of " + rows);
  }

  @Test
  void aRunsModelCountsNotItsLogs() throws IOException {
    Path run = Files.createDirectories(folder.resolve("run"));
    Path weights = run.resolve("model/model.safetensors");
    Files.createDirectory(run.resolve("model"));
    Files.writeString(weights, "1");
    StageRecord before = of("", run);
    Files.writeString(run.resolve("metrics.jsonl"), "{}");
    assertThat(of("", run).changeSince(before, Map.of())).isEmpty();
    Files.writeString(weights, "2");
    assertThat(of("", run).changeSince(before, Map.of())).hasValue("the content of " + run);
  }

  @Test
  void isReadAsItWasWritten() throws IOException {
    Path file = folder.resolve("records/one.txt");
    Files.createDirectory(file.getParent());
    StageRecord record = record("data:", "  - /a b", "input /a b: absent");
    record.write(file);
    assertThat(StageRecord.read(file)).hasValue(record);
    assertThat(StageRecord.read(folder.resolve("none.txt"))).isEmpty();
  }
}
