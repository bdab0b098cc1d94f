package org.rlhf4j.grpo;

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
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.program.CompletedPrompt;
import org.rlhf4j.rollout.program.Judgement;
import org.rlhf4j.rollout.program.RewardProgram;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.testing.stages.PolicyRuns;
import org.rlhf4j.testing.stages.PolicyStageContract;
import org.rlhf4j.testing.stages.RunFiles;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.optimizer.NonFiniteException;

class GrpoStageTest extends PolicyStageContract {

  @Override
  protected PolicyRuns<?> runs(Path folder) throws IOException {
    return new TinyRun(folder);
  }

  /** 1 / (completions · length), all groups being of one size. */
  @Override
  protected double tokenWeight(List<JsonNode> lines, JsonNode line) {
    return 1.0 / lines.size() / line.get("completion_ids").size();
  }

  /** gspo's own range is narrower than what sampler and training pass differ by. */
  @ParameterizedTest
  @ValueSource(strings = {"fp32", "bf16"})
  void theFirstUpdateOfGspoClipsNothing(String precision) throws IOException {
    Path run = runs.run("run", "loss", "gspo", "precision", precision);
    requireOwnOldPolicy(run);
  }

  /** Where cut completions are left out, the micro-batches are others than those of π_old. */
  @Test
  void theFirstUpdateOfSomeCompletionsClipsNothingEither() throws IOException {
    Path run = runs.run("run", "loss", "gspo", "precision", "bf16", "mask-cut-completions", "true");
    for (JsonNode metrics : RunFiles.lines(run.resolve("metrics.jsonl"))) {
      assertThat(metrics.get("clip_fraction").doubleValue()).isZero();
    }
  }

  /** A reward for each token: its id modulo 3. */
  public static final class IdsModulo3 implements RewardProgram {
    @Override
    public double score(CompletedPrompt completed) {
      throw new IllegalStateException("it judges tokens");
    }

    @Override
    public List<Judgement> judgeAll(List<CompletedPrompt> batch) {
      return batch.stream().map(one -> Judgement.ofTokens(modulo3(one.ids()))).toList();
    }

    private static double[] modulo3(int[] ids) {
      return Arrays.stream(ids).mapToDouble(id -> id % 3).toArray();
    }
  }

  /** From the recorded ids, in plain loops: all tokens of a group are normalized together. */
  @Test
  void rewardsOfTokensAreThoseOfProcessSupervision() throws IOException {
    String program = "class:#" + IdsModulo3.class.getName();
    Path run = runs.run("run", "steps", "1", "reward", program, "reward-model", "");
    List<JsonNode> lines = RunFiles.lines(run.resolve("rollouts.jsonl"));
    double sum = 0;
    for (JsonNode line : lines) {
      List<Integer> all = new ArrayList<>();
      for (JsonNode other : lines) {
        if (other.get("group").equals(line.get("group"))) {
          other.get("completion_ids").forEach(id -> all.add(id.intValue() % 3));
        }
      }
      double mean = all.stream().mapToInt(r -> r).average().orElseThrow();
      double squares = all.stream().mapToDouble(r -> (r - mean) * (r - mean)).sum();
      double deviation = Math.sqrt(squares / (all.size() - 1)) + 1e-4;
      double advantage = 0;
      for (int t = line.get("completion_ids").size() - 1; t >= 0; t--) {
        int reward = line.get("completion_ids").get(t).intValue() % 3;
        assertThat(line.get("token_rewards").get(t).doubleValue()).isEqualTo(reward);
        advantage += (reward - mean) / deviation;
        assertThat(line.get("advantages").get(t).doubleValue()).isCloseTo(advantage, within(1e-4));
        sum += reward;
      }
    }
    JsonNode metrics = RunFiles.lines(run.resolve("metrics.jsonl")).get(0);
    assertThat(metrics.get("reward").doubleValue()).isCloseTo(sum / lines.size(), within(1e-9));
    assertThat(metrics.get("reward_class")).isEqualTo(metrics.get("reward"));
    assertThatThrownBy(
            () ->
                runs.run(
                    "whole", "steps", "1", "reward", program, "reward-model", "", "loss", "gspo"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("--loss gspo and sequence know only whole completions");
  }

  @Test
  void writesTheFilesOfARun() throws IOException {
    Path run = runs.run("run");
    try (Stream<Path> files = Files.list(run)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .contains("config.yaml", "metrics.jsonl", "rollouts.jsonl", "checkpoints", "model")
          .doesNotContain("critic");
    }
    for (int step = 1; step <= 3; step++) {
      assertThat(run.resolve("checkpoints/step-" + step + "/policy.safetensors")).exists();
    }
    LanguageModel.load(run).close();
    GrpoConfig config =
        TinyRun.SETTINGS.bind(
            GrpoStage.TYPE.settingsIn(SettingsYaml.read(run.resolve("config.yaml"))), Map.of());
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
            "kl_loss",
            "clip_fraction",
            "approx_kl",
            "ratio_mean",
            "ratio_max",
            "on_policy_error",
            "equal_reward_groups",
            "grad_norm",
            "learning_rate",
            "rollout_seconds",
            "training_seconds",
            "tokens_per_second",
            "step_seconds");
    for (int i = 0; i < 3; i++) {
      assertThat(metrics.get(i).get("step").intValue()).isEqualTo(i + 1);
      assertThat(metrics.get(i)).noneMatch(JsonNode::isNull);
      // One update a step: what was sampled is what is trained on.
      close(metrics.get(i), "ratio_mean", 1);
      close(metrics.get(i), "ratio_max", 1);
    }
  }

  /** A program alone, which applies to two prompts of three, beside what is counted of groups. */
  @Test
  void programsJudgeAndAreShown() throws IOException {
    Path run =
        runs.run(
            "run",
            "reward-model",
            "",
            "resample-groups",
            "1",
            "reward",
            "command:while read -r l; do case $l in *'is 0?'*) echo '{\"score\": null}';;"
                + " *) echo \"{\\\"score\\\": ${#l}}\";; esac; done");
    int unscored = 0;
    for (JsonNode metrics : RunFiles.lines(run.resolve("metrics.jsonl"))) {
      close(metrics, "reward_command", metrics.get("reward").doubleValue());
      assertThat(metrics.get("resampled_groups").intValue()).isBetween(0, 1);
      unscored += metrics.get("unscored").intValue();
    }
    List<JsonNode> lines = RunFiles.lines(run.resolve("rollouts.jsonl"));
    // Each of the 6 prompts is taken once in 3 steps; one of them isn't judged, unless resampled.
    assertThat(lines).hasSize(18 - unscored);
    for (JsonNode line : lines) {
      assertThat(line.get("prompt").asText()).isNotEqualTo("Human: what is 0?");
      assertThat(line.get("rewards").get("command")).isEqualTo(line.get("score"));
    }
    assertThat(RunFiles.lines(run.resolve("samples.jsonl")).get(0).has("rewards")).isTrue();
  }

  /** A command that no shell finds ends the run before there is anything of it. */
  @Test
  void thePlanShowsEveryValueOfARecipe() throws IOException {
    GrpoConfig config = (GrpoConfig) runs.config("run", "recipe", "dapo", "clip-high", "0.3");
    assertThat(StageRun.plan(GrpoStage.TYPE, config))
        .contains(
            "plan: recipe dapo (Yu et al. 2025): loss dapo, advantage group, clip-low 0.2,"
                + " clip-high 0.3, kl-coefficient 0, overlong-penalty 1, overlong-share 0.2,"
                + " resample-until-full true; other than the recipe's: clip-high (0.28)");
  }

  /** What a step is learnt from has the length's penalty, what is recorded hasn't. */
  @Test
  void aLongCompletionLosesForItsLength() throws IOException {
    Path run = runs.run("run", "steps", "1", "overlong-penalty", "2", "overlong-share", "0.5");
    double penalties = 0;
    double scores = 0;
    List<JsonNode> lines = RunFiles.lines(run.resolve("rollouts.jsonl"));
    for (JsonNode line : lines) {
      // 6 tokens at most: 3 are free, a 4th, 5th and 6th cost 2/3 each
      penalties += 2 / 3.0 * Math.max(0, line.get("completion_ids").size() - 3);
      scores += line.get("score").doubleValue();
    }
    JsonNode metrics = RunFiles.lines(run.resolve("metrics.jsonl")).get(0);
    assertThat(penalties).isPositive();
    close(metrics, "reward", scores / lines.size());
    close(metrics, "penalized_reward", (scores - penalties) / lines.size());
  }

  /** Two programs, of which the second has a weight: as GDPO has it, over what was recorded. */
  @Test
  void eachRewardHasAdvantagesOfItsOwn() throws IOException {
    TinyRun tiny = (TinyRun) runs;
    Map<String, List<String>> given = tiny.usual("run");
    given.remove("reward-model");
    given.put("reward", List.of("length-penalty:1-3", "3*repetition-penalty"));
    given.put("advantage-per-reward", List.of("true"));
    given.put("steps", List.of("1"));
    GrpoConfig config = TinyRun.SETTINGS.bind(Written.Mapping.EMPTY, given);
    StageRun.train(GrpoStage.TYPE, config);
    List<JsonNode> lines = RunFiles.lines(config.run().output().resolve("rollouts.jsonl"));
    for (int first = 0; first < lines.size(); first += 3) {
      double[] expected = new double[3];
      for (Map.Entry<String, Double> part :
          Map.of("length_penalty", 1.0, "repetition_penalty", 3.0).entrySet()) {
        double[] rewards = new double[3];
        for (int i = 0; i < 3; i++) {
          rewards[i] = lines.get(first + i).get("rewards").get(part.getKey()).doubleValue();
        }
        double[] made = GroupAdvantages.GROUP.start().of(rewards);
        for (int i = 0; i < 3; i++) {
          expected[i] += part.getValue() * made[i];
        }
      }
      for (int i = 0; i < 3; i++) {
        assertThat(lines.get(first + i).get("advantages").get(0).doubleValue())
            .isCloseTo(expected[i], within(1e-5));
      }
    }
  }

  @Test
  void aProgramThatFailsLeavesNothingBehind() {
    assertThatThrownBy(() -> runs.run("run", "reward", "command:no-such-command"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("ended with exit code 127");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  /** One for all tokens of a completion; those of a group sum to 0. */
  @Test
  void recordedAdvantagesAreThoseOfTheGroup() throws IOException {
    double sum = 0;
    for (JsonNode line : RunFiles.lines(runs.run("run", "steps", "1").resolve("rollouts.jsonl"))) {
      JsonNode advantages = line.get("advantages");
      assertThat(advantages).hasSameSizeAs(line.get("completion_ids"));
      assertThat(advantages).allMatch(advantage -> advantage.equals(advantages.get(0)));
      sum += advantages.get(0).doubleValue();
    }
    assertThat(sum).isCloseTo(0, within(1e-4));
  }

  /** What metrics.jsonl says of a step, worked out again from its lines in rollouts.jsonl. */
  @Test
  void metricsAreThoseOfTheRecordedRollouts() throws IOException {
    Path run =
        runs.run(
            "run", "missing-eos-penalty", "0.5", "reference-model", runs.reference().toString());
    List<JsonNode> rollouts = RunFiles.lines(run.resolve("rollouts.jsonl"));
    assertThat(rollouts).hasSize(3 * 2 * 3);
    assertThat(rollouts.stream().filter(PolicyRuns::ended).count()).isBetween(1L, 17L);
    for (JsonNode metrics : RunFiles.lines(run.resolve("metrics.jsonl"))) {
      double reward = 0;
      double kl = 0;
      double k3 = 0;
      double ended = 0;
      for (JsonNode line : rollouts) {
        if (line.get("step").equals(metrics.get("step"))) {
          int tokens = line.get("completion_ids").size();
          reward += line.get("score").doubleValue() / 6;
          ended += PolicyRuns.ended(line) ? 1 / 6.0 : 0;
          for (int t = 0; t < tokens; t++) {
            double d =
                line.get("logprobs").get(t).doubleValue()
                    - line.get("ref_logprobs").get(t).doubleValue();
            kl += d / 6;
            k3 += (Math.exp(-d) - 1 + d) / tokens / 6;
          }
          assertThat(line.has("values")).isFalse();
        }
      }
      assertThat(k3).isGreaterThan(1e-3);
      close(metrics, "reward", reward);
      close(metrics, "kl", kl);
      close(metrics, "ended", ended);
      close(metrics, "kl_loss", k3);
      close(metrics, "penalized_reward", reward - 0.5 * (1 - ended));
      // With ρ = 1 a group's policy loss is minus the mean of its advantages, 0.
      close(metrics, "policy_loss", 0);
      close(metrics, "loss", 0.04 * k3);
    }
  }

  private static void close(JsonNode metrics, String name, double expected) {
    assertThat(metrics.get(name).doubleValue()).as(name).isCloseTo(expected, within(1e-4));
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpo", "dapo", "dr-grpo", "gspo"})
  void theMicroBatchChangesNothingBeyondFloatError(String loss) throws IOException {
    String[] options = {"steps", "1", "updates-per-batch", "2", "loss", loss};
    Path whole = runs.run("whole", options);
    List<String> more = new ArrayList<>(List.of(options));
    more.addAll(List.of("micro-batch-tokens", "1"));
    Path split = runs.run("split", more.toArray(String[]::new));
    JsonNode one = RunFiles.lines(whole.resolve("metrics.jsonl")).get(0);
    JsonNode other = RunFiles.lines(split.resolve("metrics.jsonl")).get(0);
    for (String name : List.of("loss", "kl_loss", "reward", "grad_norm", "ratio_mean")) {
      close(other, name, one.get(name).doubleValue());
    }
  }

  /** What a step depends on beside the weights is in its checkpoint. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "kl-target=1 kl-horizon=10",
        "advantage=running-mean group-size=1",
        "rollout-precision=bf16",
        "refresh-reference-every=2 kl-target=1 kl-horizon=10",
        "recipe=dapo minibatches=2 updates-per-batch=2 max-step-kl=1e-3",
        "recipe=cispo minibatches=2 updates-per-batch=2 entropy-coefficient=0.01",
        "recipe=reinforce group-size=1 advantage-scale=batch"
      })
  void aStoppedRunGoesOnToTheSameBits(String settings) throws IOException {
    String[] options = ("steps=4 checkpoint-every=1 " + settings).split("[ =]");
    Path whole = runs.run("whole", options);
    Path stopped = runs.run("stopped", options);
    RunFiles.killAfter(2, stopped);
    List<String> resumed = new ArrayList<>(List.of(options));
    resumed.addAll(List.of("resume", "true"));
    runs.run("stopped", resumed.toArray(String[]::new));
    assertThat(RunFiles.withoutClock(stopped)).isEqualTo(RunFiles.withoutClock(whole));
    for (String file : List.of("model/model.safetensors", "rollouts.jsonl", "samples.jsonl")) {
      assertThat(stopped.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
  }

  /** Sampled by an adapter that was trained before, held to it as it then was. */
  @Test
  void anAdaptersTrainingGoesOnAgainstItsOwnBeginning() throws IOException {
    Path first = runs.run("first", "steps", "2", "lora-rank", "2");
    Path second = runs.run("second", "steps", "2", "model", first.toString());
    Path again = runs.run("again", "steps", "2", "model", first.toString(), "lora-rank", "2");
    for (Path run : List.of(first, second)) {
      List<JsonNode> metrics = RunFiles.lines(run.resolve("metrics.jsonl"));
      assertThat(metrics.get(0).get("kl").doubleValue()).isCloseTo(0, within(1e-5));
      assertThat(Math.abs(metrics.get(1).get("kl").doubleValue())).isGreaterThan(1e-5);
    }
    assertThat(again.resolve("model/adapter_model.safetensors"))
        .hasSameBinaryContentAs(second.resolve("model/adapter_model.safetensors"));
    assertThatThrownBy(() -> runs.config("run", "lora-rank", "2", "lora-dropout", "0.1"))
        .hasMessageContaining("lora-dropout must be 0 here");
  }

  /** The reference of step 3 is the policy that sampled it: the KL begins at 0 again. */
  @Test
  void aRefreshedReferenceStartsTheKlAnew() throws IOException {
    Path run =
        runs.run(
            "run",
            "steps",
            "4",
            "refresh-reference-every",
            "2",
            "exact-kl",
            "true",
            "kl-target",
            "0.01",
            "kl-horizon",
            "10");
    List<JsonNode> metrics = RunFiles.lines(run.resolve("metrics.jsonl"));
    for (int step = 1; step <= 4; step++) {
      JsonNode line = metrics.get(step - 1);
      double kl = line.get("kl_exact").doubleValue();
      if (step % 2 == 1) {
        assertThat(kl).isZero();
        close(line, "kl", 0);
        assertThat(line.get("kl_coefficient").doubleValue()).isEqualTo(0.04);
      } else {
        assertThat(kl).isGreaterThan(1e-4);
        assertThat(line.get("kl_coefficient").doubleValue()).isNotEqualTo(0.04);
      }
    }
  }

  /** Where all completions were cut and cut ones are masked, there is nothing to learn from. */
  @Test
  void aBatchWithoutLossChangesNothing() throws IOException {
    String config = "{\"eos_token_id\": 0}";
    Files.writeString(runs.policy().resolve("generation_config.json"), config);
    Path run = runs.run("run", "max-new-tokens", "2", "mask-cut-completions", "true", "steps", "1");
    JsonNode metrics = RunFiles.lines(run.resolve("metrics.jsonl")).get(0);
    assertThat(metrics.get("ended").doubleValue()).isZero();
    assertThat(metrics.get("loss").doubleValue()).isZero();
    assertThat(metrics.get("grad_norm").doubleValue()).isZero();
    for (String name : List.of("ratio_mean", "ratio_max", "clip_fraction", "entropy")) {
      assertThat(metrics.get(name).isNull()).as(name).isTrue();
    }
    try (LanguageModel before = LanguageModel.load(runs.policy());
        LanguageModel after = LanguageModel.load(run)) {
      before
          .parameters()
          .tensors()
          .forEach(
              (name, tensor) ->
                  assertThat(after.parameters().tensors().get(name).values())
                      .isEqualTo(tensor.values()));
    }
  }

  @Test
  void aLastUpdateThatDivergedMakesNoModel() {
    assertThatThrownBy(() -> runs.run("run", "steps", "1", "learning-rate", "1e300"))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageMatching("step 1: the tensor \\S+ holds (NaN|-?Infinity) after the update; .*");
    assertThat(folder.resolve("run/model")).doesNotExist();
    assertThat(folder.resolve("run/checkpoints")).isEmptyDirectory();
  }

  @Test
  void aStepThatIsNotFiniteLeavesItsBatch() throws IOException {
    assertThatThrownBy(
            () ->
                runs.run(
                    "run", "learning-rate", "1e30", "max-grad-norm", "0", "checkpoint-every", "9"))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageMatching("step [12]: .*the learning rate is too high.*failed-batch.jsonl");
    assertThat(RunFiles.lines(folder.resolve("run/failed-batch.jsonl")))
        .hasSize(6)
        .allMatch(line -> line.get("step").asInt() > 0);
  }
}
