package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.settings.UserException;

/** Runs whose slices other processes compute, for each stage with a policy. */
public abstract class PolicySliceContract {

  @TempDir private Path folder;
  private PolicyRuns<?> runs;

  /** Runs of the stage in a folder. */
  protected abstract PolicyRuns<?> runs(Path folder) throws IOException;

  @BeforeEach
  void start() throws IOException {
    runs = runs(folder);
  }

  @AfterEach
  void stop() {
    ClusterHere.beforeWorkersOpen(() -> {});
  }

  private Path run(String name, String master, String... more) throws IOException {
    List<String> options = new ArrayList<>(List.of("spark", master, "learning-rate", "0.01"));
    options.addAll(List.of(more));
    return runs.run(name, options.toArray(String[]::new));
  }

  private static float[] weights(Path run) {
    try (LanguageModel model = LanguageModel.load(run)) {
      return model.parameters().values();
    }
  }

  private static List<String> rollouts(Path run) throws IOException {
    return Files.readAllLines(run.resolve("rollouts.jsonl"));
  }

  /** Also where results are lost and slices come in any order. */
  @Test
  void theNumberOfWorkersIsNoMatter() throws IOException {
    Path one = run("one", "here[1]");
    Path three = run("three", "here[3]");
    assertThat(weights(three)).isEqualTo(weights(one));
    assertThat(rollouts(three)).isEqualTo(rollouts(one));
    assertThat(RunFiles.withoutClock(three)).isEqualTo(RunFiles.withoutClock(one));
    assertThat(weights(run("other", "here[1]", "seed", "1"))).isNotEqualTo(weights(one));
  }

  @Test
  void anAdapterIsTrainedInSlicesToo() throws IOException {
    Path one = run("one", "here[1]", "lora-rank", "2");
    Path two = run("two", "here[2]", "lora-rank", "2");
    assertThat(RunFiles.withoutClock(two)).isEqualTo(RunFiles.withoutClock(one));
    assertThat(Files.mismatch(adapter(one), adapter(two))).isEqualTo(-1);
  }

  private static Path adapter(Path run) {
    return run.resolve("model/adapter_model.safetensors");
  }

  /** The sums are taken in another order, which floats feel in their last digits. */
  @Test
  void aStepIsThatOfOneProcess() throws IOException {
    Path sliced = run("sliced", "here[2]", "steps", "1", "adam-epsilon", "1");
    Path here = runs.run("here", "learning-rate", "0.01", "steps", "1", "adam-epsilon", "1");
    List<JsonNode> a = RunFiles.lines(sliced.resolve("rollouts.jsonl"));
    List<JsonNode> b = RunFiles.lines(here.resolve("rollouts.jsonl"));
    assertThat(a).hasSameSizeAs(b);
    for (int i = 0; i < a.size(); i++) {
      assertThat(a.get(i).get("completion_ids")).isEqualTo(b.get(i).get("completion_ids"));
    }
    float[] weights = weights(here);
    float[] others = weights(sliced);
    for (int i = 0; i < weights.length; i++) {
      assertThat(others[i]).isCloseTo(weights[i], within(1e-7f));
    }
  }

  @Test
  void aKilledTrainerGoesOnToTheSameBits() throws IOException {
    Path whole = run("whole", "here[2]");
    float[] weights = weights(whole);
    List<String> metrics = RunFiles.withoutClock(whole);
    RunFiles.killAfter(1, whole);
    run("whole", "here[1]", "resume", "true");
    assertThat(weights(whole)).isEqualTo(weights);
    assertThat(RunFiles.withoutClock(whole)).isEqualTo(metrics);
  }

  /** The bits would be others from there on. */
  @Test
  void whatBeganInSlicesGoesOnInThem() throws IOException {
    Path run = run("run", "here[1]", "steps", "2");
    RunFiles.killAfter(1, run);
    assertThatThrownBy(
            () -> runs.run("run", "learning-rate", "0.01", "steps", "2", "resume", "true"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("spark-slices was 64 and is now not set");
  }

  @Test
  void anotherModelAtAWorkerIsRefused() throws IOException {
    Path weights = runs.policy().resolve("model.safetensors");
    ClusterHere.beforeWorkersOpen(
        () -> copy(runs.reference().resolve("model.safetensors"), weights));
    assertThatThrownBy(() -> run("run", "here[1]"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("its models compute other numbers than the trainer's");
  }

  @Test
  void otherRowsAtAWorkerAreRefused() {
    ClusterHere.beforeWorkersOpen(
        () -> write(runs.prompts(), "{\"prompt\": \"Human: what is it?\"}\n".repeat(6)));
    assertThatThrownBy(() -> run("run", "here[1]"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("its rows are others than the trainer's");
  }

  @Test
  void whatCantBeSlicedIsRefused() {
    assertThatThrownBy(() -> run("run", "here[1]", "rollout-precision", "bf16"))
        .hasMessageContaining("rollout-precision can't be together with --spark");
    assertThatThrownBy(() -> run("run", "here[1]", "refresh-reference-every", "2"))
        .hasMessageContaining("refresh-reference-every can't be together with --spark");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  private static void copy(Path from, Path to) {
    try {
      Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
