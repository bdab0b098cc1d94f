package org.rlhf4j.cli.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rlhf4j.cli.Outcome.rlhf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.Outcome;

class PlanCommandTest {

  private static final Path MODEL =
      Path.of("../sft/src/test/resources/fixtures/sft/model").toAbsolutePath().normalize();

  @TempDir private Path folder;

  private Path rows() throws IOException {
    Path rows = folder.resolve("rows.jsonl");
    Files.write(
        rows,
        Stream.of(1, 2, 3, 4)
            .map(
                "{\"prompt\": \"is it %d?\", \"chosen\": \" yes\", \"rejected\": \" no\"}"
                    ::formatted)
            .toList());
    return rows;
  }

  @Test
  void tellsWhatSftWouldDoAndLeavesNothing() throws IOException {
    Path output = folder.resolve("out");
    Outcome plan =
        rlhf(
            "plan",
            "sft",
            "--model=" + MODEL,
            "--data=" + rows(),
            "--eval-fraction=0",
            "--batch-size=2",
            "--epochs=3",
            "--micro-batch-tokens=100",
            "--output=" + output);
    assertThat(plan.code()).as(plan.err()).isZero();
    assertThat(plan.lines()).hasSize(3);
    assertThat(plan.lines().get(0))
        .startsWith("plan: 6 steps of 2 rows, 3.0 passes over 4 rows, ")
        .endsWith(" tokens");
    assertThat(plan.lines().get(1))
        .contains("model with gradients and optimizer", "activations of 100 tokens", " of ");
    assertThat(output).doesNotExist();
  }

  @Test
  void needsNoOutputFolder() throws IOException {
    Outcome plan = rlhf("plan", "reward", "--model=" + MODEL, "--data=" + rows(), "--steps=5");
    assertThat(plan.code()).as(plan.err()).isZero();
    assertThat(plan.lines().get(0))
        .startsWith("plan: 5 steps of 4 rows (fewer than --batch-size), 5.0 passes over 4 rows");
  }

  @Test
  void countsCompletionsAndUpdates() throws IOException {
    Path reward = folder.resolve("reward");
    String[] train = {
      "reward",
      "--model=" + MODEL,
      "--data=" + rows(),
      "--eval-fraction=0",
      "--steps=1",
      "--output=" + reward,
      "--quiet",
    };
    assertThat(rlhf(train).code()).isZero();
    Outcome plan =
        rlhf(
            "plan",
            "ppo",
            "--model=" + MODEL,
            "--reward-model=" + reward,
            "--data=" + rows(),
            "--prompts-per-step=2",
            "--max-new-tokens=4",
            "--steps=3",
            "--ppo-epochs=4",
            "--minibatches=2");
    assertThat(plan.code()).as(plan.err()).isZero();
    // 3 · 2 · 1 completions, 3 · 4 · 2 updates
    assertThat(plan.lines().get(0))
        .isEqualTo(
            "plan: 3 steps of 2 prompts, completions of each: 1; 6 completions of at most 4"
                + " tokens; 24 updates");
    assertThat(plan.lines().get(1))
        .contains("policy with", "critic with", "reference", "reward model");
  }

  @Test
  void refusesALineWithoutAStage() {
    Outcome outcome = rlhf("plan");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .isEqualToIgnoringNewLines(
            "rlhf: plan: no stage given; name sft, reward, dpo, ppo or grpo");
  }
}
