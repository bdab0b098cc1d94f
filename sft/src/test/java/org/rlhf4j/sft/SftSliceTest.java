package org.rlhf4j.sft;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.testing.stages.InSlices;
import org.rlhf4j.training.StageRun;

/** Runs whose gradients other processes compute. */
class SftSliceTest {
  @TempDir private Path folder;
  private Path data;

  @BeforeEach
  void writeRows() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      lines.add(
          String.format(
              Locale.ROOT,
              "{\"prompt\": \"Human: what is %d?\", \"completion\": \" It is %d.\"}",
              i,
              i * 7));
    }
    data = Files.write(folder.resolve("rows.jsonl"), lines);
  }

  private Path run(String name, String... options) throws IOException {
    Map<String, List<String>> given = new LinkedHashMap<>();
    given.put("model", List.of(SftFixture.MODEL.toString()));
    given.put("data", List.of(data.toString()));
    given.put("output", List.of(folder.resolve(name).toString()));
    given.put("learning-rate", List.of("1e-3"));
    given.put("batch-size", List.of("4"));
    given.put("eval-fraction", List.of("0"));
    given.put("schedule", List.of("constant"));
    given.put("checkpoint-every", List.of("1"));
    given.put("keep-checkpoints", List.of("9"));
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], List.of(options[i + 1]));
    }
    StageRun.train(SftStage.TYPE, SftStage.TYPE.settings().bind(Written.Mapping.EMPTY, given));
    return folder.resolve(name);
  }

  @Test
  void slicesGiveTheSameBitsWhereverTheyAreComputed() throws IOException {
    InSlices.isTheSame(this::run);
  }

  @Test
  void whatCantBeSlicedIsRefused() {
    assertThatThrownBy(
            () -> run("run", "spark", "here[1]", "lora-rank", "2", "lora-dropout", "0.1"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("lora-dropout must be 0 with --spark");
  }
}
