package org.rlhf4j.studio.runs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.studio.runs.WatchedRun.Position;
import org.rlhf4j.training.run.StepLines;

class WatchedRunTest {

  @TempDir Path folder;
  private Path metrics;
  private WatchedRun run;

  @BeforeEach
  void makeRun() throws IOException {
    metrics = folder.resolve("metrics.jsonl");
    Files.writeString(metrics, "{\"step\":1,\"loss\":3}\n{\"step\":2,\"loss\":2}\n");
    run = new WatchedRun(folder);
  }

  private void append(String text) throws IOException {
    Files.writeString(metrics, text, StandardOpenOption.APPEND);
  }

  @Test
  void whatIsAppendedIsReadOn() throws IOException {
    Position before = run.read();
    append("{\"step\":3,\"loss\":1,\"eval_loss\":null}\n");
    Position now = run.read();
    assertThat(now.rows()).isEqualTo(3);
    assertThat(run.between(before, now).toString())
        .isEqualTo("{\"steps\":[3],\"values\":{\"loss\":[1.0]}}");
  }

  /** A line counts once it has its end, even if what is there is an object already. */
  @Test
  void aLineWithoutItsEndWaits() throws IOException {
    append("{\"step\":3,\"lo");
    assertThat(run.read().rows()).isEqualTo(2);
    append("ss\":1}");
    assertThat(run.read().rows()).isEqualTo(2);
    append("\n");
    assertThat(run.read().rows()).isEqualTo(3);
    assertThat(run.damaged()).isZero();
  }

  /** A resume cuts the file back, and other steps may follow under the same numbers. */
  @Test
  void aFileThatWasCutBackIsReadAnew() throws IOException {
    Position before = run.read();
    StepLines.cutBack(metrics, 1);
    append("{\"step\":2,\"loss\":20}\n{\"step\":3,\"loss\":30}\n");
    Position now = run.read();
    assertThat(now.generation()).isNotEqualTo(before.generation());
    assertThat(run.series(now, 100).get("values").toString())
        .isEqualTo("{\"loss\":[3.0,20.0,30.0]}");
  }

  @Test
  void linesThatAreNoMetricsAreCounted() throws IOException {
    append("{\"loss\":1}\nnot JSON\n{\"step\":3,\"loss\":1}\n");
    assertThat(run.read().rows()).isEqualTo(3);
    assertThat(run.damaged()).isEqualTo(2);
  }

  @Test
  void samplesAreCounted() throws IOException {
    assertThat(run.read().samples()).isZero();
    Files.writeString(folder.resolve("samples.jsonl"), "{\"step\":0}\n{\"step\":0}\n{");
    assertThat(run.read().samples()).isEqualTo(2);
  }

  @Test
  void positionsAreReadAsTheyAreWritten() {
    assertThat(Position.parse(new Position(12, 3, 4).toString())).isEqualTo(new Position(12, 3, 4));
    assertThat(Position.parse("../../etc:passwd:1")).isEqualTo(Position.START);
    assertThat(Position.parse("")).isEqualTo(Position.START);
  }
}
