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
import java.util.function.IntToDoubleFunction;
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

  /** π_old and the behaviour policy are recorded both. */
  @Test
  void makesTheSameRunInBf16Too() throws IOException {
    List<String> options = new ArrayList<>(both());
    options.addAll(replays());
    options.addAll(List.of("precision", "bf16"));
    Path rounded = runs.run("rounded", options.toArray(String[]::new));
    Path again = replay("again", rounded.resolve("rollouts.jsonl"), "precision", "bf16");
    assertThat(RunFiles.withoutClock(again)).isEqualTo(RunFiles.withoutClock(rounded));
    assertThat(again.resolve("rollouts.jsonl"))
        .hasSameBinaryContentAs(rounded.resolve("rollouts.jsonl"));
  }

  /**
   * Completions of steps before, with their ratios cut, are in the file as they were learnt from.
   */
  @Test
  void makesTheSameRunWithABufferToo() throws IOException {
    List<String> options = new ArrayList<>(both());
    options.addAll(List.of("replay-buffer", "2"));
    Path buffered = runs.run("buffered", options.toArray(String[]::new));
    Path again = replay("again", buffered.resolve("rollouts.jsonl"), "max-ratio", "2");
    assertThat(RunFiles.withoutClock(again)).isEqualTo(RunFiles.withoutClock(buffered));
    assertThat(again.resolve("rollouts.jsonl"))
        .hasSameBinaryContentAs(buffered.resolve("rollouts.jsonl"));
  }

  /** What is recomputed is as if it weren't recorded, wherever else it is from. */
  @Test
  void recomputedNumbersAreAsIfTheyWereAbsent() throws IOException {
    List<String> settings = new ArrayList<>();
    for (String number : computed()) {
      settings.add(number.equals("ref_logprobs") ? "reference" : number);
    }
    Path wrong =
        edited(
            line -> {
              for (String number : computed()) {
                ArrayNode numbers = (ArrayNode) line.get(number);
                for (int t = 0; t < numbers.size(); t++) {
                  numbers.set(t, -9);
                }
              }
            });
    Path recomputed = replay("recomputed", wrong, "recompute", String.join(",", settings));
    Path bare = replay("bare", edited(line -> line.remove(computed())));
    // The tokens' weights are the same, 2, for all: what was recorded is far below.
    List<JsonNode> made = RunFiles.lines(recomputed.resolve("metrics.jsonl"));
    List<JsonNode> expected = RunFiles.lines(bare.resolve("metrics.jsonl"));
    assertThat(made.get(0).get("kl")).isEqualTo(expected.get(0).get("kl"));
    assertThat(made.get(0).get("ratio_mean").doubleValue())
        .isCloseTo(expected.get(0).get("ratio_mean").doubleValue(), within(0.05));
    assertThat(made.get(0).get("on_policy_error").doubleValue()).isLessThan(1e-5);
    assertThat(made.get(0).get("behaviour_truncated").doubleValue()).isEqualTo(1);
    assertThat(expected.get(0).has("behaviour_truncated")).isFalse();
  }

  /**
   * The first step on the recorded rollouts, as a single update without a KL.
   *
   * @param name of the run
   * @param behaviour log π_old − log μ of the t-th token of each completion; null for no μ
   * @param more settings
   * @return its metrics
   */
  protected final JsonNode sampledBy(String name, IntToDoubleFunction behaviour, String... more)
      throws IOException {
    Path file =
        edited(
            line -> {
              if (behaviour != null) {
                JsonNode old = line.get("logprobs");
                ArrayNode logprobs = line.putArray("behaviour_logprobs");
                for (int t = 0; t < old.size(); t++) {
                  logprobs.add((float) (old.get(t).doubleValue() - behaviour.applyAsDouble(t)));
                }
              }
            });
    List<String> options = new ArrayList<>(oneUpdate());
    options.addAll(List.of("steps", "1", "kl-coefficient", "0"));
    options.addAll(List.of(more));
    Path run = replay(name, file, options.toArray(String[]::new));
    return RunFiles.lines(run.resolve("metrics.jsonl")).get(0);
  }

  /**
   * With π_old / μ = e^n for all tokens the gradient is min(e^n, C) times that of π_old's own
   * samples, and so is the policy's loss; ρ and the advantages are the same.
   *
   * @param more settings
   */
  protected final void requireWeighedByBehaviour(String... more) throws IOException {
    JsonNode own = sampledBy("own", null, more);
    JsonNode within = sampledBy("within", t -> 0.5, more);
    JsonNode beyond = sampledBy("beyond", t -> 1, more);
    double norm = own.get("grad_norm").doubleValue();
    assertThat(norm).isGreaterThan(1e-2);
    assertThat(own.has("behaviour_ratio_mean")).isFalse();
    requireTimes(own, within, Math.exp(0.5));
    requireTimes(own, beyond, 2);
    assertThat(within.get("behaviour_truncated").doubleValue()).isZero();
    assertThat(beyond.get("behaviour_truncated").doubleValue()).isEqualTo(1);
    assertThat(beyond.get("behaviour_ratio_mean").doubleValue()).isCloseTo(Math.E, within(1e-4));
    assertThat(beyond.get("behaviour_error_mean").doubleValue()).isCloseTo(1, within(1e-5));
  }

  private static void requireTimes(JsonNode own, JsonNode weighed, double factor) {
    double norm = own.get("grad_norm").doubleValue();
    assertThat(weighed.get("grad_norm").doubleValue())
        .isCloseTo(factor * norm, within(2e-4 * norm));
    assertThat(weighed.get("policy_loss").doubleValue())
        .isCloseTo(factor * own.get("policy_loss").doubleValue(), within(1e-5));
    assertThat(weighed.get("ratio_max")).isEqualTo(own.get("ratio_max"));
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
