package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
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

  @Test
  void onADeviceARunIsAsOnTheHost() throws IOException {
    OnADevice.isAsOnTheHost(
        runs::run, "steps", "2", "prompts-per-step", "2", "max-new-tokens", "4");
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
          .containsExactlyElementsOf(() -> exact.get(1).fieldNames());
      assertThat(Math.abs(rounded.get(0).get("kl").doubleValue())).isLessThan(0.2);
    }
  }
}
