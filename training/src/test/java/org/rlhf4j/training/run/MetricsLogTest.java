package org.rlhf4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
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
    write(3, 4);
    assertThat(Files.readAllLines(file)).hasSize(3).last().asString().startsWith("{\"step\":4");
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

  @Test
  void aNameIsPutOnce() {
    Metrics metrics = new Metrics().put("loss", 1);
    assertThatThrownBy(() -> metrics.put("loss", 2)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> metrics.put("step", 2)).isInstanceOf(IllegalArgumentException.class);
    assertThat(metrics.get("loss")).hasValue(1);
    assertThat(metrics.get("kl")).isEmpty();
  }
}
