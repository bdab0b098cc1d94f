package org.rlhf4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.settings.UserException;

class CheckpointsTest {

  @TempDir private Path folder;

  private static void save(Checkpoints checkpoints, int step) throws IOException {
    checkpoints.save(
        new Checkpoints.State(step, Map.of("kl_coefficient", 0.1 * step)),
        partial -> Files.writeString(partial.resolve("weights"), "step " + step));
  }

  private List<String> names() throws IOException {
    return AtomicFiles.list(folder).stream().map(path -> path.getFileName().toString()).toList();
  }

  @Test
  void theNewestIsTheHighestStepNotTheLastName() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 3);
    assertThat(checkpoints.newestComplete()).isEmpty();
    save(checkpoints, 9);
    save(checkpoints, 10);
    Checkpoints.Checkpoint newest = checkpoints.newestComplete().orElseThrow();
    assertThat(newest.folder().resolve("weights")).hasContent("step 10");
    assertThat(newest.state().step()).isEqualTo(10);
  }

  @Test
  void countersComeBackExactly() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 1);
    Map<String, Double> counters =
        Map.of("third", 1.0 / 3, "tiny", Double.MIN_VALUE, "none", Double.NaN);
    checkpoints.save(new Checkpoints.State(1, counters), partial -> {});
    assertThat(checkpoints.newestComplete().orElseThrow().state().counters()).isEqualTo(counters);
  }

  @Test
  void keepsTheNewestOnes() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 2);
    for (int step : new int[] {5, 10, 15, 20}) {
      save(checkpoints, step);
    }
    assertThat(names()).containsExactly("step-15", "step-20");
  }

  @Test
  void aHalfWrittenOneIsNeverTaken() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 2);
    save(checkpoints, 5);
    assertThatThrownBy(
            () ->
                checkpoints.save(
                    new Checkpoints.State(10, Map.of()),
                    partial -> {
                      Files.writeString(partial.resolve("weights"), "half");
                      throw new IllegalStateException("killed");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(names()).containsExactly("step-10.partial", "step-5");
    assertThat(checkpoints.newestComplete().orElseThrow().state().step()).isEqualTo(5);

    Checkpoints reopened = new Checkpoints(folder, 2);
    assertThat(names()).containsExactly("step-5");
    save(reopened, 10);
    assertThat(reopened.newestComplete().orElseThrow().state().step()).isEqualTo(10);
  }

  @Test
  void aDamagedStateIsNamed() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 2);
    save(checkpoints, 5);
    Files.writeString(folder.resolve("step-5/state.json"), "{");
    assertThatThrownBy(checkpoints::newestComplete)
        .isInstanceOf(UserException.class)
        .hasMessageContaining("state.json: can't be read");
  }
}
