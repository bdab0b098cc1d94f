package org.rlhf4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
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
    assertThat(newest(checkpoints)).isEmpty();
    save(checkpoints, 9);
    save(checkpoints, 10);
    Checkpoints.Checkpoint newest = newest(checkpoints).orElseThrow();
    assertThat(newest.folder().resolve("weights")).hasContent("step 10");
    assertThat(newest.state().step()).isEqualTo(10);
  }

  @Test
  void countersComeBackExactly() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 1);
    Map<String, Double> counters =
        Map.of("third", 1.0 / 3, "tiny", Double.MIN_VALUE, "none", Double.NaN);
    checkpoints.save(new Checkpoints.State(1, counters), partial -> {});
    assertThat(newest(checkpoints).orElseThrow().state().counters()).isEqualTo(counters);
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
    assertThat(newest(checkpoints).orElseThrow().state().step()).isEqualTo(5);

    Checkpoints reopened = new Checkpoints(folder, 2);
    assertThat(names()).containsExactly("step-5");
    save(reopened, 10);
    assertThat(newest(reopened).orElseThrow().state().step()).isEqualTo(10);
  }

  /** What is done to the newest of two checkpoints, and what is said of it. */
  static Stream<Arguments> damages() {
    return Stream.of(
        damage(
            "a flipped bit", "weights has other bytes than were written", folder -> flip(folder)),
        damage(
            "a cut file",
            "weights has 3 bytes and not 7",
            folder -> Files.writeString(folder.resolve("weights"), "ste")),
        damage(
            "a missing file",
            "weights is missing",
            folder -> Files.delete(folder.resolve("weights"))),
        damage(
            "a damaged state",
            "state.json has 1 bytes and not",
            folder -> Files.writeString(folder.resolve("state.json"), "{")),
        damage(
            "another checkpoint's state",
            "state.json has other bytes than were written",
            folder ->
                Files.writeString(
                    folder.resolve("state.json"),
                    Files.readString(folder.resolve("state.json")).replace(": 10", ": 99"))),
        damage(
            "a state of another step, without a manifest",
            "state.json is of step 999",
            folder -> {
              Files.delete(folder.resolve("manifest.json"));
              Files.writeString(folder.resolve("state.json"), "{\"step\": 999}");
            }),
        damage(
            "no state, without a manifest",
            "state.json can't be read",
            folder -> {
              Files.delete(folder.resolve("manifest.json"));
              Files.delete(folder.resolve("state.json"));
            }),
        damage(
            "a damaged manifest",
            "manifest.json can't be read",
            folder -> Files.writeString(folder.resolve("manifest.json"), "{")),
        damage(
            "an empty manifest",
            "manifest.json doesn't list state.json",
            folder -> Files.writeString(folder.resolve("manifest.json"), "{\"step\": 10}")));
  }

  private static Arguments damage(String name, String said, AtomicFiles.Filler how) {
    return Arguments.of(Named.of(name, how), said);
  }

  private static void flip(Path folder) throws IOException {
    byte[] bytes = Files.readAllBytes(folder.resolve("weights"));
    bytes[5] ^= 1;
    Files.write(folder.resolve("weights"), bytes);
  }

  @ParameterizedTest
  @MethodSource("damages")
  void ofADamagedOneTheSoundOneBeforeIsTaken(AtomicFiles.Filler how, String said)
      throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 2);
    save(checkpoints, 5);
    save(checkpoints, 10);
    how.fill(folder.resolve("step-10"));
    List<String> lines = new ArrayList<>();
    assertThat(checkpoints.newestSound(lines::add).orElseThrow().state().step()).isEqualTo(5);
    assertThat(lines).singleElement().asString().startsWith(folder.resolve("step-10") + ": this");
    assertThat(lines.get(0)).contains("damaged (" + said).endsWith("going on from step-5");
    assertThat(names()).containsExactly("step-10.damaged", "step-5");
    save(checkpoints, 7);
    assertThat(newest(checkpoints).orElseThrow().state().step()).isEqualTo(7);
  }

  @ParameterizedTest
  @MethodSource("damages")
  void withoutASoundOneNothingIsTaken(AtomicFiles.Filler how, String said) throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 2);
    save(checkpoints, 10);
    how.fill(folder.resolve("step-10"));
    assertThatThrownBy(() -> newest(checkpoints))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(folder.resolve("step-10") + ": this checkpoint is damaged (" + said)
        .hasMessageEndingWith(
            "and there is no sound one; put it back from a copy, or delete "
                + folder
                + " to begin at the start");
    assertThatThrownBy(() -> checkpoints.at(10)).hasMessageContaining("damaged (" + said);
    assertThat(names()).containsExactly("step-10");
  }

  /** As earlier versions wrote it. */
  @Test
  void oneWithoutAManifestIsTaken() throws IOException {
    Checkpoints checkpoints = new Checkpoints(folder, 2);
    save(checkpoints, 5);
    Files.delete(folder.resolve("step-5/manifest.json"));
    assertThat(newest(checkpoints).orElseThrow().state().step()).isEqualTo(5);
  }

  private static Optional<Checkpoints.Checkpoint> newest(Checkpoints checkpoints)
      throws IOException {
    return checkpoints.newestSound(
        line -> {
          throw new AssertionError(line);
        });
  }
}
