package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.testing.stages.PolicyRuns;
import org.rlhf4j.testing.stages.PolicyStageContract;
import org.rlhf4j.testing.stages.RunFiles;
import org.rlhf4j.training.optimizer.NonFiniteException;

class PpoStageTest extends PolicyStageContract {

  @Override
  protected PolicyRuns<?> runs(Path folder) throws IOException {
    return new TinyRun(folder);
  }

  /** 1 / all tokens. */
  @Override
  protected double tokenWeight(List<JsonNode> lines, JsonNode line) {
    return 1.0 / lines.stream().mapToInt(one -> one.get("completion_ids").size()).sum();
  }

  @Test
  void writesTheFilesOfARun() throws IOException {
    Path run = runs.run("run");
    try (Stream<Path> files = Files.list(run)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .contains(
              "config.yaml", "metrics.jsonl", "rollouts.jsonl", "checkpoints", "model", "critic");
    }
    for (int step = 1; step <= 3; step++) {
      assertThat(run.resolve("checkpoints/step-" + step + "/policy.safetensors")).exists();
      assertThat(run.resolve("checkpoints/step-" + step + "/critic.safetensors")).exists();
    }
    LanguageModel.load(run).close();
    ScalarModel.load(run.resolve("critic")).close();
    PpoConfig config =
        TinyRun.SETTINGS.bind(
            PpoStage.TYPE.settingsIn(SettingsYaml.read(run.resolve("config.yaml"))), Map.of());
    assertThat(config.rollouts().maxLength()).isEqualTo(64);
    assertThat(config.loop().microBatchTokens()).isPositive();
  }

  @Test
  void metricsHaveTheirNames() throws IOException {
    List<JsonNode> metrics = RunFiles.lines(runs.run("run").resolve("metrics.jsonl"));
    assertThat(metrics).hasSize(3);
    assertThat(metrics.get(2).fieldNames())
        .toIterable()
        .containsExactly(
            "step",
            "loss",
            "reward",
            "reward_std",
            "completion_length",
            "ended",
            "repetition",
            "penalized_reward",
            "kl",
            "kl_k2",
            "kl_k3",
            "kl_coefficient",
            "entropy",
            "policy_loss",
            "clip_fraction",
            "approx_kl",
            "ratio_mean",
            "ratio_max",
            "on_policy_error",
            "grad_norm",
            "value_loss",
            "explained_variance",
            "value_grad_norm",
            "learning_rate",
            "rollout_seconds",
            "training_seconds",
            "tokens_per_second",
            "step_seconds");
    for (int i = 0; i < 3; i++) {
      assertThat(metrics.get(i).get("step").intValue()).isEqualTo(i + 1);
      assertThat(metrics.get(i)).noneMatch(JsonNode::isNull);
    }
    // 1e-3, falling linearly over 3 steps
    assertThat(metrics.get(2).get("learning_rate").doubleValue())
        .isCloseTo(1e-3 / 3, within(1e-12));
    assertThat(metrics.get(0).get("kl").doubleValue()).isCloseTo(0, within(1e-4));
    assertThat(Math.abs(metrics.get(2).get("kl").doubleValue())).isGreaterThan(1e-4);
  }

  /** What metrics.jsonl says of a step, worked out again from its lines in rollouts.jsonl. */
  @Test
  void metricsAreThoseOfTheRecordedRollouts() throws IOException {
    Path run = runs.run("run", "missing-eos-penalty", "0.5", "kl-coefficient", "0.2");
    List<JsonNode> rollouts = RunFiles.lines(run.resolve("rollouts.jsonl"));
    assertThat(rollouts).hasSize(3 * 4);
    assertThat(rollouts.stream().filter(PolicyRuns::ended).count()).isBetween(1L, 11L);
    for (JsonNode metrics : RunFiles.lines(run.resolve("metrics.jsonl"))) {
      double reward = 0;
      double kl = 0;
      double ended = 0;
      double tokens = 0;
      for (JsonNode line : rollouts) {
        if (line.get("step").equals(metrics.get("step"))) {
          reward += line.get("score").doubleValue() / 4;
          JsonNode ids = line.get("completion_ids");
          tokens += ids.size() / 4.0;
          ended += PolicyRuns.ended(line) ? 0.25 : 0;
          assertThat(line.get("values")).hasSize(ids.size());
          assertThat(line.get("advantages")).hasSize(ids.size());
          for (int t = 0; t < ids.size(); t++) {
            double d =
                line.get("logprobs").get(t).doubleValue()
                    - line.get("ref_logprobs").get(t).doubleValue();
            kl += d / 4;
          }
        }
      }
      close(metrics, "reward", reward);
      close(metrics, "kl", kl);
      close(metrics, "ended", ended);
      close(metrics, "completion_length", tokens);
      close(metrics, "penalized_reward", reward - 0.5 * (1 - ended) - 0.2 * kl);
      close(
          metrics,
          "loss",
          metrics.get("policy_loss").doubleValue() + 0.1 * metrics.get("value_loss").doubleValue());
    }
  }

  /** Without a reward model the critic is the policy with a fresh head: its trunk's weights. */
  @Test
  void programsNeedNoRewardModel() throws IOException {
    String[] options = {
      "reward-model", "", "reward", "0.5*regex:^[ a-m]", "value-learning-rate", "0", "steps", "1"
    };
    Path run = runs.run("run", options);
    JsonNode metrics = RunFiles.lines(run.resolve("metrics.jsonl")).get(0);
    close(metrics, "reward", 0.5 * metrics.get("reward_regex").doubleValue());
    assertThat(metrics.get("unscored").intValue()).isZero();
    for (JsonNode line : RunFiles.lines(run.resolve("rollouts.jsonl"))) {
      double found = line.get("completion").asText().matches("(?s)[ a-m].*") ? 1 : 0;
      assertThat(line.get("rewards").get("regex").doubleValue()).isEqualTo(found);
      assertThat(line.get("score").doubleValue()).isEqualTo(0.5 * found);
    }
    try (LanguageModel policy = LanguageModel.load(runs.policy());
        ScalarModel critic = ScalarModel.load(run.resolve("critic"))) {
      policy
          .parameters()
          .tensors()
          .forEach(
              (name, tensor) -> {
                if (critic.parameters().tensors().containsKey(name)) {
                  assertThat(critic.parameters().tensors().get(name).values())
                      .isEqualTo(tensor.values());
                }
              });
    }
  }

  private static void close(JsonNode metrics, String name, double expected) {
    assertThat(metrics.get(name).doubleValue()).as(name).isCloseTo(expected, within(1e-5));
  }

  /** Over a step's tokens they have mean 0 and variance 1, as the losses took them. */
  @Test
  void recordedAdvantagesAreWhitened() throws IOException {
    double sum = 0;
    double squares = 0;
    int tokens = 0;
    for (JsonNode line : RunFiles.lines(runs.run("run", "steps", "1").resolve("rollouts.jsonl"))) {
      for (JsonNode advantage : line.get("advantages")) {
        sum += advantage.doubleValue();
        squares += advantage.doubleValue() * advantage.doubleValue();
        tokens++;
      }
    }
    assertThat(sum / tokens).isCloseTo(0, within(1e-5));
    assertThat(squares / tokens).isCloseTo(1, within(0.1));
  }

  @Test
  void samplesAreOfTheSamePromptsAtTheStartAndAtEachCheckpoint() throws IOException {
    List<JsonNode> samples = RunFiles.lines(runs.run("run").resolve("samples.jsonl"));
    int prompts = samples.size() / 4;
    assertThat(samples).hasSize(4 * prompts).hasSizeGreaterThan(4);
    for (int i = 0; i < samples.size(); i++) {
      assertThat(samples.get(i).get("step").intValue()).isEqualTo(i / prompts);
      assertThat(samples.get(i).get("prompt")).isEqualTo(samples.get(i % prompts).get("prompt"));
      assertThat(samples.get(i).get("score").isNumber()).isTrue();
    }
  }

  /** What a manifest needs beside its numbers: a probe with the score that the model gives it. */
  private static String probed(Path rewardModel) {
    try (ScalarModel model = ScalarModel.load(rewardModel)) {
      RowTokenizer rows = new RowTokenizer(model.tokenizer(), 64);
      int[] completion = rows.ended(rows.completionIds("a", "b"));
      TokenTree tree = new TokenTree(rows.promptIds("a"), List.of(completion));
      float score = model.scores(PackedTokens.of(List.of(tree)))[0];
      return "\"tokenizer_hash\": \"%s\", \"probes\": [{\"prompt\": \"a\", \"completion\": \"b\", \"score\": %s}]"
          .formatted(model.tokenizer().hash(), score);
    }
  }

  /**
   * The rows that each update takes are a function of its number, so a stopped run goes on to the
   * same bits. Without weight they change nothing but their metric.
   */
  @Test
  void pretrainingRowsAreTakenAgainAfterAStop() throws IOException {
    Path rows = folder.resolve("pretraining.jsonl");
    Files.writeString(
        rows,
        "{\"text\": \"to be or not\"}\n{\"text\": \"that is\"}\n{\"prompt\": \"a\", \"completion\": \" b\"}\n");
    String[] options = {"pretraining-data", rows.toString(), "pretraining-rows", "2"};
    Path whole = runs.run("whole", options);
    Path stopped = runs.run("stopped", options);
    RunFiles.killAfter(1, stopped);
    String[] resumed = Arrays.copyOf(options, 6);
    resumed[4] = "resume";
    resumed[5] = "true";
    runs.run("stopped", resumed);
    assertThat(stopped.resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("model/model.safetensors"));
    assertThat(RunFiles.lines(whole.resolve("metrics.jsonl")))
        .allSatisfy(step -> assertThat(step.get("pretraining_loss").doubleValue()).isPositive());
    Path plain = runs.run("plain");
    assertThat(plain.resolve("model/model.safetensors").toFile())
        .satisfies(
            file ->
                assertThat(Files.mismatch(file.toPath(), whole.resolve("model/model.safetensors")))
                    .isNotEqualTo(-1));
    String[] weightless = Arrays.copyOf(options, 6);
    weightless[4] = "pretraining-coefficient";
    weightless[5] = "0";
    assertThat(runs.run("weightless", weightless).resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(plain.resolve("model/model.safetensors"));
  }

  /**
   * Scores of mean 3 and deviation 0.5 are learnt as (r − 3) / 0.5, and the critic that is the
   * reward model starts with (V − 3) / 0.5. With γ = λ = 1 and no KL, each return is what is learnt
   * of the completion, and the first value loss the mean of ½ (V − G)².
   */
  @Test
  void theCriticOfNormalizedScoresPredictsThem() throws IOException {
    Path scores = Files.createDirectory(folder.resolve("scores"));
    try (Stream<Path> files = Files.list(TinyRun.REWARD_MODEL)) {
      for (Path file : files.toList()) {
        Files.copy(file, scores.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        scores.resolve("rlhf.json"),
        "{\"score_mean\": 3, \"score_deviation\": 0.5, " + probed(scores) + "}");
    List<String> options = new ArrayList<>(List.of("steps", "1", "reward-model"));
    options.addAll(List.of(scores.toString(), "kl-coefficient", "0", "lambda", "1"));
    options.addAll(List.of("ppo-epochs", "1", "minibatches", "1"));
    Path raw = runs.run("raw", options.toArray(String[]::new));
    options.addAll(List.of("normalize-reward", "true"));
    Path normalized = runs.run("normalized", options.toArray(String[]::new));
    List<JsonNode> before = RunFiles.lines(raw.resolve("rollouts.jsonl"));
    List<JsonNode> lines = RunFiles.lines(normalized.resolve("rollouts.jsonl"));
    double loss = 0;
    int tokens = 0;
    for (int i = 0; i < lines.size(); i++) {
      JsonNode line = lines.get(i);
      assertThat(line.get("completion_ids")).isEqualTo(before.get(i).get("completion_ids"));
      double learnt = (line.get("score").doubleValue() - 3) / 0.5 - (TinyRun.ended(line) ? 0 : 1);
      for (int t = 0; t < line.get("values").size(); t++) {
        double value = line.get("values").get(t).doubleValue();
        double number = before.get(i).get("values").get(t).doubleValue();
        assertThat(value).isCloseTo((number - 3) / 0.5, within(1e-5));
        loss += 0.5 * (value - learnt) * (value - learnt);
        tokens++;
      }
    }
    JsonNode metrics = RunFiles.lines(normalized.resolve("metrics.jsonl")).get(0);
    assertThat(metrics.get("value_loss").doubleValue()).isCloseTo(loss / tokens, within(1e-4));
  }

  @Test
  void klInTheLossIsPartOfIt() throws IOException {
    Path run =
        runs.run(
            "run",
            "kl-in",
            "loss",
            "kl-estimator",
            "k3",
            "kl-coefficient",
            "0.5",
            "reference-model",
            runs.reference().toString(),
            "ppo-epochs",
            "1",
            "minibatches",
            "1",
            "steps",
            "1");
    double k3 = 0;
    int tokens = 0;
    double reward = 0;
    for (JsonNode line : RunFiles.lines(run.resolve("rollouts.jsonl"))) {
      JsonNode logprobs = line.get("logprobs");
      for (int t = 0; t < logprobs.size(); t++) {
        double d = logprobs.get(t).doubleValue() - line.get("ref_logprobs").get(t).doubleValue();
        k3 += Math.exp(-d) - 1 + d;
        tokens++;
      }
      reward += (line.get("score").doubleValue() - (PolicyRuns.ended(line) ? 0 : 1)) / 4;
    }
    JsonNode metrics = RunFiles.lines(run.resolve("metrics.jsonl")).get(0);
    assertThat(k3 / tokens).isGreaterThan(1e-3);
    close(metrics, "penalized_reward", reward);
    close(
        metrics,
        "loss",
        metrics.get("policy_loss").doubleValue()
            + 0.1 * metrics.get("value_loss").doubleValue()
            + 0.5 * k3 / tokens);
  }

  @Test
  void anAdaptiveCoefficientFollowsTheMeasuredKl() throws IOException {
    Path run =
        runs.run(
            "run",
            "kl-target",
            "1",
            "kl-horizon",
            "10",
            "reference-model",
            runs.reference().toString());
    List<JsonNode> metrics = RunFiles.lines(run.resolve("metrics.jsonl"));
    double coefficient = 0.05;
    for (JsonNode step : metrics) {
      assertThat(step.get("kl_coefficient").doubleValue()).isCloseTo(coefficient, within(1e-12));
      double error = Math.max(-0.2, Math.min(0.2, step.get("kl").doubleValue() - 1));
      coefficient *= 1 + error * 4 / 10;
    }
    assertThat(coefficient).isNotCloseTo(0.05, within(1e-4));
  }

  /** What a step depends on beside the weights is in its checkpoint. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "kl-target=1 kl-horizon=10",
        "objective=adaptive-kl critic=shared critic-warmup-steps=1",
        "objective=trust-region refresh-reference-every=2 kl-target=1 kl-horizon=10"
      })
  void aStoppedRunGoesOnToTheSameBits(String settings) throws IOException {
    String[] options = ("steps=4 " + settings).split("[ =]");
    Path whole = runs.run("whole", options);
    Path stopped = runs.run("stopped", options);
    RunFiles.killAfter(2, stopped);
    List<String> resumed = new ArrayList<>(List.of(options));
    resumed.addAll(List.of("resume", "true"));
    runs.run("stopped", resumed.toArray(String[]::new));
    assertThat(RunFiles.withoutClock(stopped)).isEqualTo(RunFiles.withoutClock(whole));
    assertSameModels(stopped, whole);
    for (String file : List.of("rollouts.jsonl", "samples.jsonl")) {
      assertThat(stopped.resolve(file)).hasSameTextualContentAs(whole.resolve(file));
    }
  }

  @Test
  void aStoppedRunOfAdaptersGoesOnToTheSameBits() throws IOException {
    String[] options = {"steps", "4", "lora-rank", "2", "lora-targets", "all-linear"};
    Path whole = runs.run("whole", options);
    Path stopped = runs.run("stopped", options);
    RunFiles.killAfter(2, stopped);
    List<String> resumed = new ArrayList<>(List.of(options));
    resumed.addAll(List.of("resume", "true"));
    runs.run("stopped", resumed.toArray(String[]::new));
    assertThat(RunFiles.withoutClock(stopped)).isEqualTo(RunFiles.withoutClock(whole));
    for (String model : List.of("model", "critic")) {
      assertThat(stopped.resolve(model).resolve("adapter_model.safetensors"))
          .hasSameBinaryContentAs(whole.resolve(model).resolve("adapter_model.safetensors"));
    }
    List<JsonNode> metrics = RunFiles.lines(whole.resolve("metrics.jsonl"));
    assertThat(metrics.get(0).get("kl").doubleValue()).isCloseTo(0, within(1e-5));
    assertThat(Math.abs(metrics.get(3).get("kl").doubleValue())).isGreaterThan(1e-4);
    for (String network : List.of("policy", "critic")) {
      Path weights = whole.resolve("checkpoints/step-4/" + network + ".safetensors");
      assertThat(Safetensors.open(weights).entries().keySet())
          .allMatch(name -> name.contains(".lora_") || name.equals("score.weight"));
    }
    LanguageModel.load(whole).close();
    ScalarModel.load(whole.resolve("critic")).close();
  }

  @Test
  void dropoutWouldMoveTheRatios() {
    assertThatThrownBy(() -> runs.config("run", "lora-rank", "2", "lora-dropout", "0.1"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("lora-dropout must be 0 here");
  }

  private static void assertSameModels(Path run, Path other) {
    for (String file : List.of("model/model.safetensors", "critic/model.safetensors")) {
      assertThat(run.resolve(file)).hasSameBinaryContentAs(other.resolve(file));
    }
  }

  @Test
  void theMicroBatchChangesNothingBeyondFloatError() throws IOException {
    Path whole = runs.run("whole", "steps", "1");
    Path split = runs.run("split", "steps", "1", "micro-batch-tokens", "1");
    JsonNode one = RunFiles.lines(whole.resolve("metrics.jsonl")).get(0);
    JsonNode other = RunFiles.lines(split.resolve("metrics.jsonl")).get(0);
    for (String name : List.of("loss", "value_loss", "reward", "grad_norm", "value_grad_norm")) {
      close(other, name, one.get(name).doubleValue());
    }
  }

  @Test
  void aRewardModelOfAnotherTokenizerGetsACriticFromThePolicy() throws IOException {
    Path other = Files.createDirectory(folder.resolve("reward"));
    for (String file : List.of("config.json", "model.safetensors", "tokenizer_config.json")) {
      Files.copy(TinyRun.REWARD_MODEL.resolve(file), other.resolve(file));
    }
    String tokenizer = Files.readString(TinyRun.REWARD_MODEL.resolve("tokenizer.json"));
    Files.writeString(other.resolve("tokenizer.json"), tokenizer + "\n");
    Path run =
        runs.run("run", "reward-model", other.toString(), "steps", "1", "value-learning-rate", "0");
    try (LanguageModel policy = LanguageModel.load(runs.policy());
        ScalarModel expected = ScalarModel.from(policy, 0);
        ScalarModel critic = ScalarModel.load(run.resolve("critic"))) {
      expected
          .parameters()
          .tensors()
          .forEach(
              (name, tensor) ->
                  assertThat(critic.parameters().tensors().get(name).values())
                      .as(name)
                      .isEqualTo(tensor.values()));
    }
    assertThatThrownBy(() -> runs.run("none", "value-model", other.toString()))
        .hasMessage(
            other
                + ": its tokenizer is different from the policy's, but it must read the policy's"
                + " tokens");
  }

  @Test
  void aLastUpdateThatDivergedMakesNoModel() {
    String[] one = {"steps", "1", "ppo-epochs", "1", "minibatches", "1", "learning-rate", "1e300"};
    assertThatThrownBy(() -> runs.run("run", one))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageMatching("step 1: the tensor \\S+ holds (NaN|-?Infinity) after the update; .*");
    assertThat(folder.resolve("run/model")).doesNotExist();
    assertThat(folder.resolve("run/checkpoints")).isEmptyDirectory();
    one[6] = "value-learning-rate";
    assertThatThrownBy(() -> runs.run("critic", one))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageMatching("step 1: the tensor \\S+ holds .*");
    assertThat(folder.resolve("critic/model")).doesNotExist();
  }

  @Test
  void aStepThatIsNotFiniteLeavesItsBatch() throws IOException {
    assertThatThrownBy(
            () ->
                runs.run(
                    "run", "learning-rate", "1e30", "max-grad-norm", "0", "checkpoint-every", "9"))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageMatching("step [12]: .*the learning rate is too high.*failed-batch.jsonl");
    List<JsonNode> batch = RunFiles.lines(folder.resolve("run/failed-batch.jsonl"));
    assertThat(batch).hasSize(4);
    assertThat(batch.get(0).has("completion_ids")).isTrue();
  }
}
