package org.rlhf4j.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.BatchSettings;
import org.rlhf4j.data.RowFileSettings;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.display.Progress;
import org.rlhf4j.training.display.ProgressListener;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.RunSettings;

/** Which thread runs a stage, and beside what, changes no bit of its weights. */
class SftThreadsTest {

  private final ExecutorService others = Executors.newFixedThreadPool(2);
  @TempDir private Path folder;
  private Path data;

  @BeforeEach
  void writeRows() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      lines.add(
          String.format(
              Locale.ROOT,
              "{\"prompt\": \"what is %d?\", \"completion\": \" It is %d.\"}",
              i,
              7 * i));
    }
    data = Files.write(folder.resolve("rows.jsonl"), lines);
  }

  @AfterEach
  void end() {
    others.shutdownNow();
  }

  private byte[] weights(String name, ProgressListener listener) throws IOException {
    Path output = folder.resolve(name);
    SftConfig config =
        ConfigBuilder.of(SftConfig.class)
            .with(SftConfig::model, SftFixture.MODEL)
            .with(RowFileSettings::data, List.of(data))
            .with(RunSettings::output, output)
            .with(LoopSettings::steps, 8)
            .with(BatchSettings::batchSize, 4)
            .with(OptimizerSettings::learningRate, 1e-2)
            .build();
    StageRun.train(SftStage.TYPE, config, listener);
    return Files.readAllBytes(output.resolve("model/model.safetensors"));
  }

  @Test
  void anotherThreadComputesTheSame() throws Exception {
    byte[] here = weights("here", step -> {});
    byte[] there = others.submit(() -> weights("there", step -> {})).get();
    assertThat(there).isEqualTo(here);
  }

  /** The second one begins while the first is at its first step, and waits. */
  @Test
  void twoAtOnceRunOneAfterTheOther() throws Exception {
    byte[] alone = weights("alone", step -> {});
    CountDownLatch waits = new CountDownLatch(1);
    List<String> notes = new ArrayList<>();
    List<Future<byte[]>> second = new ArrayList<>();
    ProgressListener waiting =
        new ProgressListener() {
          @Override
          public void step(Progress step) {}

          @Override
          public void note(String line) {
            notes.add(line);
            waits.countDown();
          }
        };
    byte[] first =
        weights(
            "first",
            step -> {
              if (step.step() == 1) {
                second.add(others.submit(() -> weights("second", waiting)));
                await(waits);
              }
            });
    assertThat(first).isEqualTo(alone);
    assertThat(second.get(0).get()).isEqualTo(alone);
    assertThat(notes.get(0))
        .isEqualTo(
            folder.resolve("second") + ": waiting for the other stage that this process runs");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aListenerCantRunAStage() {
    assertThatThrownBy(
            () ->
                weights(
                    "outer",
                    step -> {
                      try {
                        weights("inner", inner -> {});
                      } catch (IOException e) {
                        throw new IllegalStateException(e);
                      }
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            folder.resolve("inner") + ": a stage can't be run by the listener of another one");
  }
}
