package org.rlhf4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
              Files.writeString(partial.resolve("optimizer"), "optimizer of step " + step);
            });
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
    assertThat(newest.folder().resolve("optimizer")).hasContent("optimizer of step " + step);
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
