package org.rlhf4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.UserException;

class MetricsLogTest {

  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("metrics.jsonl");
  }

  private void write(int done, int last) throws IOException {
    try (MetricsLog log = new MetricsLog(file, done)) {
      for (int step = done + 1; step <= last; step++) {
        log.append(step, new Metrics().put("loss", step / 4.0).put("alpha", step));
      }
    }
  }

  @Test
  void oneObjectPerStepInTheOrderOfPutting() throws IOException {
    write(0, 2);
    assertThat(file)
        .hasContent(
            """
            {"step":1,"loss":0.25,"alpha":1.0}
            {"step":2,"loss":0.5,"alpha":2.0}
            """);
  }

  @Test
  void whatIsNotFiniteIsNull() throws IOException {
    try (MetricsLog log = new MetricsLog(file, 0)) {
      log.append(
          1,
          new Metrics()
              .put("explained_variance", Double.NaN)
              .put("ratio_max", Double.POSITIVE_INFINITY)
              .put("loss", 1e-5));
    }
    assertThat(file)
        .hasContent("{\"step\":1,\"explained_variance\":null,\"ratio_max\":null,\"loss\":1.0E-5}");
  }

  @Test
  void isCutBackToTheCheckpoint() throws IOException {
    write(0, 5);
    write(3, 4);
    assertThat(Files.readAllLines(file)).hasSize(4).last().asString().startsWith("{\"step\":4");
    assertThat(folder).isDirectoryContaining(path -> path.equals(file));
    assertThat(AtomicFiles.list(folder)).containsExactly(file);
  }

  @Test
  void startingAnewEmptiesIt() throws IOException {
    write(0, 5);
    write(0, 0);
    assertThat(file).isEmptyFile();
  }

  @Test
  void aTornLineIsDropped() throws IOException {
    write(0, 2);
    byte[] torn = "{\"step\":3,\"prompt\":\"ä".getBytes(StandardCharsets.UTF_8);
    Files.write(file, Arrays.copyOf(torn, torn.length - 1), StandardOpenOption.APPEND);
    write(2, 4);
    assertThat(Files.readAllLines(file)).hasSize(4).last().asString().startsWith("{\"step\":4");
  }

  @Test
  void isReadBackWithoutATornLine() throws IOException {
    Files.writeString(
        file,
        "{\"step\":1,\"loss\":0.5,\"kl\":null}\n{\"step\":2,\"loss\":0.25}\n{\"step\":3,\"lo");
    SortedMap<Integer, Metrics> read = MetricsLog.read(file);
    assertThat(read).containsOnlyKeys(1, 2);
    assertThat(read.get(1).values()).containsExactly(entry("loss", 0.5), entry("kl", Double.NaN));
  }

  @Test
  void aLineThatIsNoStepIsRefusedWithItsPlace() throws IOException {
    Files.writeString(file, "{\"step\":1}\n{\"loss\":1}\n{\"step\":3}\n");
    assertThatThrownBy(() -> MetricsLog.read(file))
        .isInstanceOf(UserException.class)
        .hasMessage(
            file + ":2:1: this isn't a JSON object with a whole number \"step\"; correct the line");
  }

  /** A line, and the file as it is then without it or with half of it. */
  @Test
  void aLineThatIsMissingInTheMiddleIsAnError() throws IOException {
    write(0, 5);
    List<String> whole = Files.readAllLines(file);
    List<String> without = new ArrayList<>(whole);
    without.remove(2);
    Files.write(file, without);
    for (int done : new int[] {3, 4, 5}) {
      assertThatThrownBy(() -> new MetricsLog(file, done))
          .isInstanceOf(UserException.class)
          .hasMessage(file + ":3:1: is of step 4 and follows step 2; put back what stood between");
    }
    assertThatThrownBy(() -> MetricsLog.read(file)).isInstanceOf(UserException.class);

    List<String> damaged = new ArrayList<>(whole);
    damaged.set(2, whole.get(2).substring(0, 9));
    Files.write(file, damaged);
    assertThatThrownBy(() -> new MetricsLog(file, 4))
        .hasMessageStartingWith(file + ":3:1: this isn't a");
    assertThatThrownBy(() -> StepLines.cutBack(file, 4))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(file + ":3:1: this isn't a JSON object");
    assertThat(Files.readAllLines(file)).isEqualTo(damaged);
  }

  @Test
  void aLogThatEndsOrBeginsElsewhereThanTheCheckpointSaysIsAnError() throws IOException {
    String missing = " is missing, and the checkpoint is of step 5; put it back, or start anew";
    assertThatThrownBy(() -> new MetricsLog(file, 5))
        .hasMessageStartingWith(file + ":1:1: the line of step 1" + missing);
    write(0, 4);
    assertThatThrownBy(() -> new MetricsLog(file, 5))
        .hasMessageStartingWith(file + ":5:1: the line of step 5" + missing);
    write(4, 5);
    Files.write(file, Files.readAllLines(file).subList(1, 5));
    assertThatThrownBy(() -> new MetricsLog(file, 5))
        .hasMessageStartingWith(file + ":1:1: the line of step 1" + missing);
  }

  @Test
  void aLogThatIsTakenAwayMeanwhileIsAnError() throws IOException {
    try (MetricsLog log = new MetricsLog(file, 0)) {
      log.append(1, new Metrics());
      log.sync();
      byte[] whole = Files.readAllBytes(file);
      Files.delete(file);
      assertThatThrownBy(log::sync)
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith(file + ": was deleted or changed while a run writes to it; ");
      Files.write(file, Arrays.copyOf(whole, whole.length - 1));
      assertThatThrownBy(log::sync).isInstanceOf(UserException.class);
    }
  }

  @Test
  void aNameIsPutOnce() {
    Metrics metrics = new Metrics().put("loss", 1);
    assertThatThrownBy(() -> metrics.put("loss", 2)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> metrics.put("step", 2)).isInstanceOf(IllegalArgumentException.class);
    assertThat(metrics.get("loss")).hasValue(1);
    assertThat(metrics.get("kl")).isEmpty();
  }
}
