package org.rlhf4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.model.weights.StridedTensor;

/**
 * A machine that stops before or after each call of the writing of a checkpoint leaves one of two
 * states: as before it, or with it whole.
 */
class CrashedCheckpointsTest {

  @TempDir private Path folder;

  private static void save(Path checkpoints, int step) throws IOException {
    new Checkpoints(checkpoints, 1)
        .save(
            new Checkpoints.State(step, Map.of("kl_coefficient", 0.1 * step)),
            partial -> {
              Files.writeString(partial.resolve("weights"), "weights of step " + step);
              Safetensors.write(partial.resolve("optimizer.safetensors"), tensor(step));
              try (StepLines buffer = new StepLines(partial.resolve("buffer.jsonl"))) {
                buffer.append(JsonNodeFactory.instance.objectNode().put("step", step));
                buffer.sync();
              }
            });
  }

  /** One number, as optimizers and the log-probabilities of a reference are written. */
  private static Map<String, StridedTensor> tensor(float number) {
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    return Map.of(
        "numbers", StridedTensor.contiguous(List.of(1L), bytes.putFloat(number).rewind()));
  }

  private static float number(Path file) {
    return Safetensors.open(file).values("numbers")[0];
  }

  private static int newestWhole(Path checkpoints) throws IOException {
    Checkpoints.Checkpoint newest =
        new Checkpoints(checkpoints, 1)
            .newestSound(
                line -> {
                  throw new AssertionError(line);
                })
            .orElseThrow();
    int step = newest.state().step();
    assertThat(newest.folder().resolve("weights")).hasContent("weights of step " + step);
    assertThat(number(newest.folder().resolve("optimizer.safetensors"))).isEqualTo(step);
    assertThat(newest.folder().resolve("buffer.jsonl")).hasContent("{\"step\":" + step + "}");
    assertThat(newest.state().counters()).containsEntry("kl_coefficient", 0.1 * step);
    return step;
  }

  /** Step 10 is written after step 5, which is deleted then. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void eachCrashLeavesTheOldStateOrTheNew(boolean after) throws IOException {
    List<Integer> found = new ArrayList<>();
    CrashingFiles files;
    int at = 0;
    do {
      Path checkpoints = folder.resolve("crash-" + ++at);
      save(checkpoints, 5);
      files = new CrashingFiles(at, after);
      try {
        save(files.watched(checkpoints), 10);
      } catch (CrashingFiles.Crash e) {
        assertThat(files.crashed()).isTrue();
      }
      found.add(newestWhole(checkpoints));
      save(checkpoints, 15); // what the crash left isn't in the way
      assertThat(newestWhole(checkpoints)).isEqualTo(15);
    } while (files.crashed());
    assertThat(files.calls()).hasSizeGreaterThan(20);
    assertThat(found).isSorted().containsOnly(5, 10);
  }

  /** So is a file beside the checkpoints written, such as the reference's numbers of dpo. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void eachCrashLeavesTheOldFileOrTheNew(boolean after) throws IOException {
    List<Float> found = new ArrayList<>();
    CrashingFiles files;
    int at = 0;
    do {
      Path file = folder.resolve("reference-" + ++at);
      AtomicFiles.writeFile(file, partial -> Safetensors.write(partial, tensor(5)));
      files = new CrashingFiles(at, after);
      try {
        AtomicFiles.writeFile(
            files.watched(file), partial -> Safetensors.write(partial, tensor(10)));
      } catch (CrashingFiles.Crash e) {
        assertThat(files.crashed()).isTrue();
      }
      found.add(number(file));
    } while (files.crashed());
    assertThat(files.calls()).hasSizeGreaterThan(5);
    assertThat(found).isSorted().containsOnly(5f, 10f);
  }

  /** The test can fail: files that aren't synced before their folder gets its name are torn. */
  @Test
  void withoutASyncACrashTearsACheckpoint() throws IOException {
    Path whole = Files.createDirectory(folder.resolve("step-5.partial"));
    CrashingFiles files = new CrashingFiles(4, true); // open, write, move, then mkdir
    Path partial = files.watched(whole);
    Files.writeString(partial.resolve("weights"), "weights");
    Files.move(partial, partial.resolveSibling("step-5"));
    assertThatThrownBy(() -> Files.createDirectory(partial))
        .isInstanceOf(CrashingFiles.Crash.class);
    assertThat(folder.resolve("step-5/weights")).hasContent("wei");
  }
}
