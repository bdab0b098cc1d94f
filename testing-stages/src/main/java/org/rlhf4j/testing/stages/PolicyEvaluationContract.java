package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.training.optimizer.WeightsFile;

/** Held-out prompts, the best model, and the end of a run at a KL, for each stage with a policy. */
public abstract class PolicyEvaluationContract {
  @TempDir private Path folder;
  private PolicyRuns<?> runs;
  private Path heldOut;

  /** Runs of the stage in a folder. */
  protected abstract PolicyRuns<?> runs(Path folder) throws IOException;

  @BeforeEach
  void writePrompts() throws IOException {
    runs = runs(folder);
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      rows.add(String.format(Locale.ROOT, "{\"prompt\": \"Human: and %d?\"}", i));
    }
    heldOut = Files.write(folder.resolve("held-out.jsonl"), rows);
  }

  private String[] options(String... more) {
    List<String> options =
        new ArrayList<>(List.of("eval-data", heldOut.toString(), "checkpoint-every", "9"));
    options.addAll(List.of(more));
    return options.toArray(String[]::new);
  }

  private static double value(JsonNode line, String name) {
    return line.get(name).doubleValue();
  }

  @Test
  void heldOutPromptsAreEvaluatedAtAnInterval() throws IOException {
    Path run = runs.run("run", options("eval-every", "2"));
    List<JsonNode> metrics = RunFiles.lines(run.resolve("metrics.jsonl"));
    assertThat(metrics)
        .extracting(line -> line.has("eval_reward"))
        .containsExactly(false, true, true);
    JsonNode last = metrics.get(2);
    assertThat(value(last, "eval_reference_reward"))
        .isEqualTo(value(metrics.get(1), "eval_reference_reward"));
    assertThat(value(last, "eval_difference"))
        .isBetween(value(last, "eval_difference_low"), value(last, "eval_difference_high"));
    assertThat(value(last, "eval_win_rate")).isBetween(0.0, 1.0);
    assertThat(value(last, "eval_kl")).isNotZero();
    JsonNode evaluation = RunFiles.lines(run.resolve("evaluation.json")).get(0);
    assertThat(evaluation.get("prompts").intValue()).isEqualTo(5);
    assertThat(evaluation.get("reward")).isEqualTo(last.get("eval_reward"));
    assertThat(evaluation.get("kl")).isEqualTo(last.get("eval_kl"));
    assertThat(RunFiles.lines(run.resolve("samples.jsonl")))
        .allMatch(sample -> sample.get("prompt").asText().contains("and"));
  }

  /** Nothing else of a run depends on it. */
  @Test
  void anEvaluationChangesNothingElse() throws IOException {
    Path with = runs.run("with", options("eval-every", "1"));
    Path without = runs.run("without");
    assertThat(RunFiles.withoutClock(with))
        .extracting(line -> line.replaceAll(",\"eval_[a-z_]*\":[^,}]*", ""))
        .isEqualTo(RunFiles.withoutClock(without));
    assertThat(with.resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(without.resolve("model/model.safetensors"));
  }

  @Test
  void aStoppedRunIsEvaluatedToTheSameNumbers() throws IOException {
    String[] options =
        options("eval-every", "1", "keep-best", "true", "refresh-reference-every", "1");
    options[3] = "1";
    Path whole = runs.run("whole", options);
    Path stopped = runs.run("stopped", options);
    RunFiles.killAfter(1, stopped);
    List<String> resumed = new ArrayList<>(List.of(options));
    resumed.addAll(List.of("resume", "true"));
    runs.run("stopped", resumed.toArray(String[]::new));
    assertThat(RunFiles.withoutClock(stopped)).isEqualTo(RunFiles.withoutClock(whole));
    for (String file : List.of("evaluation.json", "samples.jsonl", "model/model.safetensors")) {
      assertThat(stopped.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
  }

  /** The model is that of the step with the largest held-out reward; its evaluation stays. */
  @Test
  void theModelIsThatOfTheLargestHeldOutReward() throws IOException {
    Path run = runs.run("run", options("eval-every", "1", "keep-best", "true", "steps", "5"));
    List<JsonNode> metrics = RunFiles.lines(run.resolve("metrics.jsonl"));
    JsonNode best = metrics.get(0);
    for (JsonNode line : metrics) {
      best = value(line, "eval_reward") > value(best, "eval_reward") ? line : best;
    }
    JsonNode evaluation = RunFiles.lines(run.resolve("evaluation.json")).get(0);
    assertThat(evaluation.get("reward")).isEqualTo(best.get("eval_reward"));
    Path checkpoint = run.resolve("checkpoints/step-" + best.get("step").intValue());
    try (LanguageModel kept = LanguageModel.load(run);
        LanguageModel other = kept.copy()) {
      WeightsFile.load(other.parameters(), checkpoint.resolve("policy.safetensors"));
      assertThat(kept.parameters().values()).isEqualTo(other.parameters().values());
    }
  }

  @Test
  void whereNoEvaluationIsWithinTheBoundTheLastStepIsTaken() throws IOException {
    String far = runs.reference().toString();
    String[] options = options("keep-best", "true", "max-eval-kl", "1e-9", "reference-model", far);
    Path bounded = runs.run("bounded", options);
    Path usual = runs.run("usual", "reference-model", far);
    assertThat(bounded.resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(usual.resolve("model/model.safetensors"));
  }

  /**
   * The first step with a kl of at least the bound is the last one, with all that a last one has.
   */
  @Test
  void aRunEndsAtItsKl() throws IOException {
    String far = runs.reference().toString();
    Path whole = runs.run("whole", "reference-model", far);
    double first = value(RunFiles.lines(whole.resolve("metrics.jsonl")).get(0), "kl");
    String[] options =
        options("reference-model", far, "stop-at-kl", Double.toString(first), "eval-every", "9");
    Path run = runs.run("run", options);
    assertThat(run.resolve("finished")).hasContent("1\n");
    List<JsonNode> metrics = RunFiles.lines(run.resolve("metrics.jsonl"));
    assertThat(metrics).hasSize(1);
    assertThat(metrics.get(0).has("eval_reward")).isTrue();
    assertThat(run.resolve("checkpoints/step-1")).exists();
    LanguageModel.load(run).close();
    options[options.length - 3] = Double.toString(10 * first + 100);
    assertThat(runs.run("on", options).resolve("finished")).hasContent("3\n");
  }

  @ParameterizedTest
  @CsvSource({
    "keep-best, true, --keep-best needs held-out rows",
    "patience, 2, --patience needs held-out rows",
    "max-eval-kl, 5, max-eval-kl is for --keep-best and --patience",
    "eval-prompts, 1, 'eval-prompts must be at least 2'",
    "stop-at-kl, 0, 'stop-at-kl must be above 0'"
  })
  void whatMakesNoSenseIsRefused(String setting, String value, String message) {
    assertThatThrownBy(() -> runs.run("run", setting, value))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aReplayHasNothingToEvaluateBy() {
    assertThatThrownBy(() -> runs.config("run", "replay", "rollouts.jsonl", "eval-fraction", "0.5"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("need a reward, but --replay has none");
  }
}
