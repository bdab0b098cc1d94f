package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;

/** How each stage with a policy computes. */
public abstract class PolicyStageContract {
  /** Where runs go. */
  @TempDir protected Path folder;

  /** Runs of the stage there. */
  protected PolicyRuns<?> runs;

  /** Runs of the stage in a folder. */
  protected abstract PolicyRuns<?> runs(Path folder) throws IOException;

  /** How far ratios may be from 1 with {@link PolicyRuns#oneCloselyClippedUpdate}. */
  protected static final double CLOSE_CLIP = 1e-3;

  @BeforeEach
  void writePrompts() throws IOException {
    runs = runs(folder);
  }

  @Test
  void withGradientCheckpointingARunIsTheSame() throws IOException {
    Path kept = runs.run("kept");
    Path recomputed = runs.run("recomputed", "gradient-checkpointing", "true");
    assertThat(RunFiles.withoutClock(recomputed)).isEqualTo(RunFiles.withoutClock(kept));
    assertThat(recomputed.resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(kept.resolve("model/model.safetensors"));
  }

  /** With one update a step: the device translates all that came before it at each of them. */
  @Test
  void onADeviceARunIsAsOnTheHost() throws IOException {
    OnADevice.isAsOnTheHost(
        runs::run,
        runs.oneCloselyClippedUpdateWith(
            "steps", "2", "prompts-per-step", "2", "max-new-tokens", "4"));
  }

  /** Proofs included; the policy's samples are other ones, but the metrics are the same. */
  @Test
  void runsInBf16WholeAndAsAnAdapter() throws IOException {
    List<JsonNode> exact = RunFiles.lines(runs.run("exact").resolve("metrics.jsonl"));
    for (String rank : List.of("0", "2")) {
      Path run = runs.run("rounded-" + rank, "precision", "bf16", "lora-rank", rank);
      List<JsonNode> rounded = RunFiles.lines(run.resolve("metrics.jsonl"));
      assertThat(rounded).hasSameSizeAs(exact).isNotEqualTo(exact);
      assertThat(rounded.get(1).fieldNames())
          .toIterable()
          .filteredOn(name -> !name.startsWith("behaviour_"))
          .containsExactlyElementsOf(() -> exact.get(1).fieldNames());
      assertThat(Math.abs(rounded.get(0).get("kl").doubleValue())).isLessThan(0.2);
    }
  }

  /** The buffer is in the checkpoint, at a step when it is full and one when it isn't. */
  @Test
  void aStoppedRunWithABufferGoesOnToTheSameBits() throws IOException {
    List<String> options = new ArrayList<>(List.of("steps", "5", "replay-buffer", "2"));
    Path whole = runs.run("whole", options.toArray(String[]::new));
    for (int kept : new int[] {1, 3}) {
      String name = "stopped-" + kept;
      Path stopped = runs.run(name, options.toArray(String[]::new));
      RunFiles.killAfter(kept, stopped);
      List<String> resumed = new ArrayList<>(options);
      resumed.addAll(List.of("resume", "true"));
      runs.run(name, resumed.toArray(String[]::new));
      assertThat(RunFiles.withoutClock(stopped)).isEqualTo(RunFiles.withoutClock(whole));
      for (String file : List.of("model/model.safetensors", "rollouts.jsonl")) {
        assertThat(stopped.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
      }
    }
  }

  /**
   * Asked to stop in a step, a run ends after the first completion. What it keeps is what an
   * undisturbed one had after the step before: buffer, reference and KL coefficient among it, which
   * every step changes.
   */
  @Test
  void aStepThatIsStoppedWhileItSamplesLeavesNothing() throws IOException {
    List<String> options = new ArrayList<>(List.of("steps", "4", "replay-buffer", "2"));
    options.addAll(List.of("refresh-reference-every", "2", "kl-target", "0.1"));
    Path whole = runs.run("whole", options.toArray(String[]::new));
    assertThat(whole.resolve("checkpoints/step-3/replay-buffer.jsonl"))
        .content()
        .isNotEqualTo(Files.readString(whole.resolve("checkpoints/step-2/replay-buffer.jsonl")));
    options.addAll(List.of("checkpoint-every", "9"));
    for (int step : new int[] {1, 3, 4}) {
      String name = "stopped-in-" + step;
      Path stopped = runs.runUntil(step, name, options.toArray(String[]::new));
      StoppedInAStep.requireStepsBefore(step, stopped, whole);
      List<String> resumed = new ArrayList<>(options);
      resumed.addAll(List.of("resume", "true"));
      runs.run(name, resumed.toArray(String[]::new));
      assertThat(RunFiles.withoutClock(stopped)).isEqualTo(RunFiles.withoutClock(whole));
      StoppedInAStep.requireCheckpointOf(4, stopped, whole);
      assertThat(stopped.resolve("rollouts.jsonl"))
          .hasSameBinaryContentAs(whole.resolve("rollouts.jsonl"));
    }
  }

  /**
   * The loss of the second step, whose policy is the first one's model, by plain loops over the
   * recorded lines: ρ to the recorded log-probabilities, at most 0.9 so that most are cut, clipped.
   */
  @Test
  void whatIsReplayedHasItsTruncatedRatio() throws IOException {
    List<String> options = new ArrayList<>(runs.oneCloselyClippedUpdate());
    options.addAll(List.of("schedule", "constant", "replay-buffer", "1", "max-ratio", "0.9"));
    options.addAll(List.of("kl-coefficient", "0", "learning-rate", "0.01"));
    List<String> first = new ArrayList<>(options);
    first.addAll(List.of("steps", "1"));
    options.addAll(List.of("steps", "2"));
    Path start = runs.run("first", first.toArray(String[]::new));
    Path run = runs.run("run", options.toArray(String[]::new));
    JsonNode metrics = RunFiles.lines(run.resolve("metrics.jsonl")).get(1);
    List<JsonNode> lines =
        RunFiles.lines(run.resolve("rollouts.jsonl")).stream()
            .filter(line -> line.get("step").intValue() == 2)
            .toList();
    List<JsonNode> old = lines.stream().filter(line -> line.has("sampled_step")).toList();
    assertThat(old).hasSize(lines.size() / 2).allMatch(l -> l.get("sampled_step").intValue() == 1);
    assertThat(metrics.get("replayed_completions").intValue()).isEqualTo(old.size());
    assertThat(metrics.get("replayed_age").doubleValue()).isEqualTo(1);
    double expected = 0;
    double farthest = 0;
    try (LanguageModel policy = LanguageModel.load(start)) {
      for (JsonNode line : lines) {
        float[] now = logprobs(policy, line);
        for (int t = 0; t < now.length; t++) {
          double logRatio = now[t] - line.get("logprobs").get(t).doubleValue();
          double ratio = Math.min(Math.exp(logRatio), 0.9);
          double a = line.get("advantages").get(t).doubleValue();
          double clipped = Math.max(1 - CLOSE_CLIP, Math.min(1 + CLOSE_CLIP, ratio));
          expected += Math.max(-a * ratio, -a * clipped) * tokenWeight(lines, line);
          farthest = Math.max(farthest, line.has("sampled_step") ? Math.exp(logRatio) : 0);
        }
      }
    }
    assertThat(metrics.get("policy_loss").doubleValue()).isCloseTo(expected, within(2e-4));
    assertThat(metrics.get("replayed_ratio_max").doubleValue()).isCloseTo(farthest, within(1e-3));
    assertThat(farthest).isGreaterThan(1.05);
    assertThat(metrics.get("ratio_max").doubleValue()).isCloseTo(1, within(1e-4));
    // What is measured of completions is measured of fresh ones.
    double reward =
        lines.stream()
            .filter(line -> !line.has("sampled_step"))
            .mapToDouble(line -> line.get("score").doubleValue())
            .average()
            .orElseThrow();
    assertThat(metrics.get("reward").doubleValue()).isCloseTo(reward, within(1e-6));
  }

  private static float[] logprobs(LanguageModel policy, JsonNode line) {
    TokenTree tree = TokenTree.of(ints(line.get("prompt_ids")), ints(line.get("completion_ids")));
    return policy.logprobs(PackedTokens.of(List.of(tree)), 1).logprobs();
  }

  private static int[] ints(JsonNode ids) {
    int[] made = new int[ids.size()];
    for (int i = 0; i < made.length; i++) {
      made[i] = ids.get(i).intValue();
    }
    return made;
  }

  /** What the loss of each token of a completion is weighed by, in a step of these lines. */
  protected abstract double tokenWeight(List<JsonNode> lines, JsonNode line);

  /** In bf16 the sampler is a behaviour policy of its own, and π_old the pass that is trained. */
  @Test
  void inBf16TheFirstUpdateClipsNothing() throws IOException {
    requireOwnOldPolicy(runs.run("rounded", runs.oneCloselyClippedUpdateWith("precision", "bf16")));
  }

  /** Training is in fp32, and the weights of the two differ by rounding alone. */
  @Test
  void samplingInBf16UnderFp32TrainingClipsNothing() throws IOException {
    Path run = runs.run("mixed", runs.oneCloselyClippedUpdateWith("rollout-precision", "bf16"));
    requireOwnOldPolicy(run);
    for (JsonNode metrics : RunFiles.lines(run.resolve("metrics.jsonl"))) {
      assertThat(metrics.get("sampler_bits").intValue()).isEqualTo(16);
      assertThat(metrics.get("behaviour_error_mean").doubleValue()).isPositive();
    }
  }

  /** Checks that π_old isn't the sampler in a run of single updates. */
  protected static void requireOwnOldPolicy(Path run) throws IOException {
    for (JsonNode metrics : RunFiles.lines(run.resolve("metrics.jsonl"))) {
      assertThat(metrics.get("clip_fraction").doubleValue()).isZero();
      assertThat(metrics.get("on_policy_error").doubleValue()).isLessThan(1e-5);
      assertThat(metrics.get("behaviour_error_mean").doubleValue()).isLessThan(0.02);
    }
    for (JsonNode line : RunFiles.lines(run.resolve("rollouts.jsonl"))) {
      assertThat(line.get("behaviour_logprobs")).hasSameSizeAs(line.get("logprobs"));
    }
  }
}
