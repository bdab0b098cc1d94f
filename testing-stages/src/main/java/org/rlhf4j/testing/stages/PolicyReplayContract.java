package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is made again from its recorded rollouts, by each stage with a policy. */
public abstract class PolicyReplayContract {
  @TempDir private Path folder;
  private PolicyRuns<?> runs;
  private Path original;

  /** Runs of the stage in a folder. */
  protected abstract PolicyRuns<?> runs(Path folder) throws IOException;

  /** What the run and its replays have beside what is usual. */
  protected abstract List<String> both();

  /** What replays alone have. */
  protected abstract List<String> replays();

  /** What makes of a step a single update of all its completions. */
  protected abstract List<String> oneUpdate();

  /** The folders of the models that a run writes. */
  protected abstract List<String> models();

  /** The numbers of a recorded line that are computed where they are absent. */
  protected abstract List<String> computed();

  /** A metric that depends on them. */
  protected abstract String ownLoss();

  @BeforeEach
  void record() throws IOException {
    runs = runs(folder);
    original = runs.run("original", both().toArray(String[]::new));
  }

  /** The folder of all runs. */
  protected final Path folder() {
    return folder;
  }

  /** The rollouts that the run recorded. */
  protected final Path recorded() {
    return original.resolve("rollouts.jsonl");
  }

  /** A run on recorded rollouts. */
  protected final Path replay(String name, Path rollouts, String... more) throws IOException {
    List<String> options = new ArrayList<>(List.of("replay", rollouts.toString()));
    options.addAll(List.of("data", "", "reward-model", "", "steps", ""));
    options.addAll(both());
    options.addAll(replays());
    options.addAll(List.of(more));
    return runs.run(name, options.toArray(String[]::new));
  }

  /** The recorded rollouts with each line changed. */
  protected final Path edited(Consumer<ObjectNode> change) throws IOException {
    List<String> lines = new ArrayList<>();
    for (JsonNode line : RunFiles.lines(original.resolve("rollouts.jsonl"))) {
      change.accept((ObjectNode) line);
      lines.add(line.toString());
    }
    return Files.write(folder.resolve("edited.jsonl"), lines);
  }

  @Test
  void makesTheSameRunToTheLastBit() throws IOException {
    Path again = replay("again", original.resolve("rollouts.jsonl"));
    assertThat(RunFiles.withoutClock(again)).isEqualTo(RunFiles.withoutClock(original));
    assertThat(again.resolve("rollouts.jsonl"))
        .hasSameBinaryContentAs(original.resolve("rollouts.jsonl"));
    for (String model : models()) {
      assertThat(again.resolve(model).resolve("model.safetensors"))
          .hasSameBinaryContentAs(original.resolve(model).resolve("model.safetensors"));
    }
  }

  /** What is absent is computed from the models as they stand, which are those that sampled. */
  @Test
  void absentNumbersAreComputed() throws IOException {
    Path bare = edited(line -> line.remove(computed()));
    JsonNode made = RunFiles.lines(replay("bare", bare).resolve("metrics.jsonl")).get(0);
    JsonNode expected = RunFiles.lines(original.resolve("metrics.jsonl")).get(0);
    for (String name : List.of("reward", "kl", "policy_loss", ownLoss(), "ratio_mean")) {
      assertThat(made.get(name).doubleValue())
          .as(name)
          .isCloseTo(expected.get(name).doubleValue(), within(2e-4));
    }
  }

  /** Half a nat more for every token: ρ is e^−0.5 of what it was, and no proof stops the run. */
  @Test
  void recordedLogprobsAreTheOldOnes() throws IOException {
    Path shifted =
        edited(
            line -> {
              ArrayNode logprobs = (ArrayNode) line.get("logprobs");
              for (int t = 0; t < logprobs.size(); t++) {
                logprobs.set(t, (float) (logprobs.get(t).doubleValue() + 0.5));
              }
            });
    List<String> one = new ArrayList<>(oneUpdate());
    one.addAll(List.of("steps", "1"));
    Path run = replay("shifted", shifted, one.toArray(String[]::new));
    JsonNode metrics = RunFiles.lines(run.resolve("metrics.jsonl")).get(0);
    assertThat(metrics.get("ratio_mean").doubleValue()).isCloseTo(Math.exp(-0.5), within(1e-4));
    assertThat(metrics.get("approx_kl").doubleValue())
        .isCloseTo(Math.exp(-0.5) - 1 + 0.5, within(1e-4));
  }

  @Test
  void epochsGoOverTheRecordedSteps() throws IOException {
    Path twice = replay("twice", original.resolve("rollouts.jsonl"), "epochs", "2");
    assertThat(RunFiles.lines(twice.resolve("metrics.jsonl"))).hasSize(6);
  }
}
