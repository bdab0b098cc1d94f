package org.rlhf4j.grpo;

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

/** Training on the rollouts that a run recorded. */
class GrpoReplayTest {
  @TempDir private Path folder;
  private TinyRun runs;
  private Path original;

  @BeforeEach
  void record() throws IOException {
    runs = new TinyRun(folder);
    original = runs.run("original", "updates-per-batch", "2");
  }

  private Path replay(String name, Path rollouts, String... more) throws IOException {
    List<String> options =
        new ArrayList<>(
            List.of(
                "replay",
                rollouts.toString(),
                "data",
                "",
                "reward-model",
                "",
                "steps",
                "",
                "updates-per-batch",
                "2"));
    options.addAll(List.of(more));
    return runs.run(name, options.toArray(String[]::new));
  }

  /** The recorded rollouts with each line changed. */
  private Path edited(Consumer<ObjectNode> change) throws IOException {
    List<String> lines = new ArrayList<>();
    for (JsonNode line : TinyRun.lines(original.resolve("rollouts.jsonl"))) {
      change.accept((ObjectNode) line);
      lines.add(line.toString());
    }
    return Files.write(folder.resolve("edited.jsonl"), lines);
  }

  @Test
  void makesTheSameRunToTheLastBit() throws IOException {
    Path again = replay("again", original.resolve("rollouts.jsonl"));
    assertThat(TinyRun.withoutClock(again)).isEqualTo(TinyRun.withoutClock(original));
    for (String file : List.of("model/model.safetensors", "rollouts.jsonl")) {
      assertThat(again.resolve(file)).hasSameBinaryContentAs(original.resolve(file));
    }
  }

  /** What is absent is computed from the models as they stand, which are those that sampled. */
  @Test
  void absentNumbersAreComputed() throws IOException {
    Path bare = edited(line -> line.remove(List.of("logprobs", "ref_logprobs")));
    JsonNode made = TinyRun.lines(replay("bare", bare).resolve("metrics.jsonl")).get(0);
    JsonNode expected = TinyRun.lines(original.resolve("metrics.jsonl")).get(0);
    for (String name : List.of("reward", "kl", "policy_loss", "kl_loss", "ratio_mean")) {
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
    String[] one = {"updates-per-batch", "1", "steps", "1"};
    JsonNode metrics =
        TinyRun.lines(replay("shifted", shifted, one).resolve("metrics.jsonl")).get(0);
    assertThat(metrics.get("ratio_mean").doubleValue()).isCloseTo(Math.exp(-0.5), within(1e-4));
    assertThat(metrics.get("approx_kl").doubleValue())
        .isCloseTo(Math.exp(-0.5) - 1 + 0.5, within(1e-4));
  }

  /** The groups are those of the file, whatever --group-size says. */
  @Test
  void groupsAreThoseOfTheFile() throws IOException {
    Path equal =
        edited(
            line -> {
              if (line.get("group").intValue() == 1) {
                line.put("score", 0.25);
              }
            });
    Path run = replay("equal", equal, "group-size", "8");
    for (JsonNode metrics : TinyRun.lines(run.resolve("metrics.jsonl"))) {
      assertThat(metrics.get("equal_reward_groups").intValue()).isEqualTo(1);
    }
  }

  @Test
  void epochsGoOverTheRecordedSteps() throws IOException {
    Path twice = replay("twice", original.resolve("rollouts.jsonl"), "epochs", "2");
    assertThat(TinyRun.lines(twice.resolve("metrics.jsonl"))).hasSize(6);
  }
}
