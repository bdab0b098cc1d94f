package org.rlhf4j.ppo;

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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.testing.stages.RunFiles;

/** Runs of the stage with each objective and critic, on the fixture's models. */
class PpoObjectivesTest {
  @TempDir private Path folder;
  private TinyRun runs;

  @BeforeEach
  void writePrompts() throws IOException {
    runs = new TinyRun(folder);
  }

  private List<JsonNode> metrics(String... options) throws IOException {
    return RunFiles.lines(runs.run("run", options).resolve("metrics.jsonl"));
  }

  /**
   * Eight steps on the same rollout: what scored better becomes likelier than what scored worse.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "objective=clip",
        "objective=clip dual-clip=3",
        "objective=adaptive-kl step-kl-target=0.02",
        "objective=vanilla ppo-epochs=1",
        "objective=trust-region",
        "critic=shared value-model=",
        "critic-warmup-steps=2"
      })
  void thePolicyLearnsWhatScoresBetter(String settings) throws IOException {
    Path batch = runs.run("batch", "steps", "1", "prompts-per-step", "8", "learning-rate", "0");
    List<String> bare = new ArrayList<>();
    for (JsonNode line : RunFiles.lines(batch.resolve("rollouts.jsonl"))) {
      bare.add(((ObjectNode) line).without(List.of("logprobs", "values")).toString());
    }
    Path file = Files.write(folder.resolve("bare.jsonl"), bare);
    List<String> options = new ArrayList<>(List.of("replay", file.toString(), "data", ""));
    options.addAll(List.of("reward-model", "", "value-model", TinyRun.REWARD_MODEL.toString()));
    options.addAll(List.of("steps", "8", "checkpoint-every", "8", "schedule", "constant"));
    options.addAll(List.of("kl-coefficient", "0"));
    options.addAll(List.of(settings.split("[ =]", -1)));
    Path run = runs.run("run", options.toArray(String[]::new));
    List<JsonNode> lines = RunFiles.lines(run.resolve("rollouts.jsonl"));
    assertThat(covariance(lines, 8)).isGreaterThan(covariance(lines, 1) + 0.1);
  }

  /** Of the completions' scores and log-probabilities at the start of a step. */
  private static double covariance(List<JsonNode> lines, int step) {
    List<JsonNode> batch =
        lines.stream().filter(line -> line.get("step").intValue() == step).toList();
    double mean =
        batch.stream().mapToDouble(line -> line.get("score").doubleValue()).average().orElseThrow();
    double sum = 0;
    for (JsonNode line : batch) {
      for (JsonNode logprob : line.get("logprobs")) {
        sum += (line.get("score").doubleValue() - mean) * logprob.doubleValue() / batch.size();
      }
    }
    return sum;
  }

  /** β_s of each step follows from the KL of the one before. */
  @Test
  void theStepKlIsHeldToItsTarget() throws IOException {
    List<JsonNode> metrics =
        metrics("objective", "adaptive-kl", "step-kl-target", "1e-3", "steps", "12");
    double coefficient = 1;
    for (JsonNode line : metrics) {
      assertThat(line.get("step_kl_coefficient").doubleValue()).isEqualTo(coefficient);
      double kl = line.get("step_kl").doubleValue();
      coefficient = AdaptiveKlObjective.next(coefficient, kl, 1e-3);
      assertThat(line.get("clip_fraction").doubleValue()).isZero();
    }
    assertThat(coefficient).isNotEqualTo(1);
  }

  @Test
  void theStepCoefficientBeginsWhereItIsSet() throws IOException {
    List<JsonNode> metrics =
        metrics("objective", "adaptive-kl", "step-kl-coefficient", "3", "steps", "1");
    assertThat(metrics.get(0).get("step_kl_coefficient").doubleValue()).isEqualTo(3);
  }

  @Test
  void aTrustRegionIsNotLeft() throws IOException {
    for (JsonNode line : metrics("objective", "trust-region", "step-kl-target", "0.02")) {
      assertThat(line.get("step_kl").doubleValue()).isBetween(1e-3, 0.02);
      assertThat(line.get("surrogate_gain").doubleValue()).isPositive();
      assertThat(line.get("gain_to_expected").doubleValue()).isBetween(0.1, 10.0);
      assertThat(line.get("step_ratio_max").doubleValue()).isBetween(1.0, 100.0);
      assertThat(line.get("value_loss").doubleValue()).isPositive();
    }
  }

  @Test
  void aStepThatFindsNothingBetterLeavesThePolicy() throws IOException {
    // With one prompt and one token there is nothing to compare: whitened advantages are 0.
    List<JsonNode> metrics =
        metrics("objective", "trust-region", "prompts-per-step", "1", "max-new-tokens", "1");
    assertThat(metrics.get(0).get("backtracks").intValue()).isEqualTo(10);
    assertThat(metrics.get(0).get("step_kl").doubleValue()).isZero();
    try (LanguageModel before = LanguageModel.load(runs.policy());
        LanguageModel after = LanguageModel.load(folder.resolve("run"))) {
      assertThat(after.parameters().values()).isEqualTo(before.parameters().values());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"separate", "shared"})
  void theWarmUpTrainsTheCriticAlone(String critic) throws IOException {
    String[] options = {"critic", critic, "critic-warmup-steps", "2", "steps", "2"};
    List<JsonNode> metrics = metrics(options);
    for (JsonNode line : metrics) {
      assertThat(line.has("policy_loss")).isFalse();
      assertThat(line.has("grad_norm")).isFalse();
      assertThat(line.get("value_grad_norm").doubleValue()).isPositive();
      assertThat(line.get("loss").doubleValue())
          .isCloseTo(0.1 * line.get("value_loss").doubleValue(), within(1e-9));
    }
    try (LanguageModel before = LanguageModel.load(runs.policy());
        LanguageModel after = LanguageModel.load(folder.resolve("run"))) {
      assertThat(after.parameters().values()).isEqualTo(before.parameters().values());
    }
  }

  /** critic/ is the trunk with the head: it loads as any critic, and its trunk is the policy's. */
  @Test
  void aSharedCriticIsWrittenWithItsTrunk() throws IOException {
    Path run = runs.run("run", "critic", "shared");
    try (LanguageModel policy = LanguageModel.load(run);
        ScalarModel critic = ScalarModel.load(run.resolve("critic"));
        LanguageModel before = LanguageModel.load(runs.policy());
        ScalarModel fresh = ScalarModel.from(before, 0)) {
      Parameters made = critic.parameters();
      int trunk = made.list().size() - 1;
      for (int i = 0; i < trunk; i++) {
        assertThat(made.list().get(i).toFloatArray())
            .isEqualTo(policy.parameters().list().get(i).toFloatArray());
      }
      assertThat(made.list().get(trunk).toFloatArray())
          .isNotEqualTo(fresh.parameters().list().get(trunk).toFloatArray());
    }
  }

  /** With a constant reference at hand the exact KL is what the three estimators scatter around. */
  @Test
  void exactKlIsReportedOnRequest() throws IOException {
    String reference = runs.reference().toString();
    List<JsonNode> metrics =
        metrics("exact-kl", "true", "reference-model", reference, "prompts-per-step", "8");
    for (JsonNode line : metrics) {
      double exact = line.get("kl_exact").doubleValue();
      assertThat(exact).isPositive();
      assertThat(line.get("kl_k3").doubleValue()).isBetween(exact / 3, exact * 3);
    }
  }

  /** Two nats less for every token make all ratios e²: a cut at 1.1 holds for each of them. */
  @Test
  void aReplaysRatiosAreCut() throws IOException {
    Path original = runs.run("original", "steps", "1");
    List<String> lines = new ArrayList<>();
    for (JsonNode line : RunFiles.lines(original.resolve("rollouts.jsonl"))) {
      ArrayNode logprobs = (ArrayNode) line.get("logprobs");
      for (int t = 0; t < logprobs.size(); t++) {
        logprobs.set(t, (float) (logprobs.get(t).doubleValue() - 2));
      }
      lines.add(line.toString());
    }
    Path shifted = Files.write(folder.resolve("shifted.jsonl"), lines);
    JsonNode made =
        metrics(
                "replay",
                shifted.toString(),
                "max-ratio",
                "1.1",
                "objective",
                "vanilla",
                "ppo-epochs",
                "1",
                "minibatches",
                "1",
                "steps",
                "1",
                "data",
                "",
                "reward-model",
                "",
                "value-model",
                TinyRun.REWARD_MODEL.toString())
            .get(0);
    // All ratios, e², are above the cut: the mean of −A · 1.1 over whitened advantages is 0, and
    // its
    // gradient is the mean of −1.1 A ∇ log π.
    assertThat(made.get("ratio_mean").doubleValue()).isCloseTo(Math.exp(2), within(1e-3));
    assertThat(made.get("policy_loss").doubleValue()).isCloseTo(0, within(1e-5));
    assertThat(made.get("grad_norm").doubleValue()).isPositive();
  }
}
