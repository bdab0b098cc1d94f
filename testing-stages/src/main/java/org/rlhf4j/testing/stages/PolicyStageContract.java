package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How each stage with a policy computes. */
public abstract class PolicyStageContract {
  /** Where runs go. */
  @TempDir protected Path folder;

  /** Runs of the stage there. */
  protected PolicyRuns<?> runs;

  /** Runs of the stage in a folder. */
  protected abstract PolicyRuns<?> runs(Path folder) throws IOException;

  /** What makes of a step a single update, and clips it closely. */
  protected abstract List<String> oneCloselyClippedUpdate();

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

  /** In bf16 the sampler is a behaviour policy of its own, and π_old the pass that is trained. */
  @Test
  void inBf16TheFirstUpdateClipsNothing() throws IOException {
    List<String> options = new ArrayList<>(oneCloselyClippedUpdate());
    options.addAll(List.of("precision", "bf16"));
    requireOwnOldPolicy(runs.run("rounded", options.toArray(String[]::new)));
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
