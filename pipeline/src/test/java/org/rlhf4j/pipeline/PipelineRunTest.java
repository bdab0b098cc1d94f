package org.rlhf4j.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;

/** What happens before a stage computes; the command's tests run stages. */
class PipelineRunTest {

  private final StringWriter said = new StringWriter();

  @TempDir private Path folder;
  private Path output;

  @BeforeEach
  void write() throws IOException {
    Files.createDirectory(folder.resolve("model"));
    Files.writeString(folder.resolve("rows.csv"), "prompt,completion\na,b\n");
    Files.writeString(
        folder.resolve("pipeline.yaml"),
        "stages:\n  - {name: one, stage: sft, model: model, data: rows.csv, steps: 1}\n");
    output = folder.resolve("out");
  }

  private PipelineRun run() {
    Pipeline pipeline = Pipeline.read(folder.resolve("pipeline.yaml"), output, Map.of());
    return new PipelineRun(pipeline, output, List.of(), new PrintWriter(said, true));
  }

  @Test
  void whatIsAskedToStopBeforeItsFirstStageBeginsNone() {
    StopFlag stop = new StopFlag();
    stop.raise();
    assertThatThrownBy(() -> run().run(new PipelineRun.Watcher() {}, stop))
        .isInstanceOf(StoppedException.class);
    assertThat(output.resolve("one")).doesNotExist();
    assertThat(said.toString()).isEmpty();
  }

  @Test
  void aFolderThatNoStageWroteIsLeftAlone() throws IOException {
    Path other = Files.createDirectories(output.resolve("one"));
    Files.writeString(other.resolve("mine.txt"), "kept");
    assertThatThrownBy(() -> run().run(new PipelineRun.Watcher() {}))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(other.toString());
    assertThat(other.resolve("mine.txt")).hasContent("kept");
  }

  @Test
  void onlyWhatRunsIsAskedToStop() throws IOException {
    assertThatThrownBy(() -> PipelineRun.requestStop(output)).isInstanceOf(UserException.class);
    Files.createDirectories(output.resolve("pipeline"));
    assertThatThrownBy(() -> PipelineRun.requestStop(output))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(output + ": no process runs this pipeline");
  }
}
