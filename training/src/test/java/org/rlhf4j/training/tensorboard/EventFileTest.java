package org.rlhf4j.training.tensorboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.training.run.Metrics;

class EventFileTest {

  @TempDir private Path folder;

  private void write(int done, int... steps) throws IOException {
    try (EventFile file = new EventFile(folder.resolve("tensorboard"), done, () -> 2500)) {
      for (int step : steps) {
        file.append(step, new Metrics().put("loss", step));
      }
    }
  }

  private byte[] file(int number) throws IOException {
    return Files.readAllBytes(
        folder.resolve("tensorboard/events.out.tfevents.00000" + number + ".rlhf"));
  }

  private static byte[] concat(byte[]... records) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] record : records) {
      all.writeBytes(record);
    }
    return all.toByteArray();
  }

  @Test
  void eachStartWritesAFileThatSaysWhereItGoesOn() throws IOException {
    write(0, 1, 2, 3);
    write(2, 3);
    assertThat(file(1))
        .isEqualTo(
            concat(
                EventRecord.version(2.5),
                EventRecord.start(2.5, 1),
                EventRecord.scalars(2.5, 1, Map.of("loss", 1.0)),
                EventRecord.scalars(2.5, 2, Map.of("loss", 2.0)),
                EventRecord.scalars(2.5, 3, Map.of("loss", 3.0))));
    assertThat(file(2))
        .isEqualTo(
            concat(
                EventRecord.version(2.5),
                EventRecord.start(2.5, 3),
                EventRecord.scalars(2.5, 3, Map.of("loss", 3.0))));
  }
}
