package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.IntPredicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.Parameters;
import org.rlhf4j.model.Safetensors;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutFile;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.training.Learner;
import org.rlhf4j.training.settings.Settings;
import org.rlhf4j.training.settings.Written;

/** Two steps on fixed rollouts against plain PyTorch; see bench/reference for the numbers. */
class PpoAgainstPyTorchTest {
  private static final Path FIXTURE = Path.of("src/test/resources/fixtures/ppo");
  private static final double TOLERANCE = 1e-4;

  @ParameterizedTest
  @CsvSource({"clip, 4096", "clip, 20", "entropy, 4096", "entropy, 20"})
  void twoStepsEqualPyTorch(String variant, int tokenBudget) throws IOException {
    JsonNode expected =
        new ObjectMapper().readTree(FIXTURE.resolve(variant + "/expected.json").toFile());
    PpoConfig config = config(expected.get("settings"));
    try (LanguageModel policy = LanguageModel.load(FIXTURE.resolve("policy"));
        LanguageModel reference = LanguageModel.load(FIXTURE.resolve("reference"));
        ScalarModel critic = ScalarModel.load(FIXTURE.resolve("critic"));
        Learner policyLearner =
            new Learner(
                policy.parameters(), config.optimizer(), config.optimizer().scheduleOver(2));
        Learner criticLearner =
            new Learner(
                critic.parameters(),
                config.optimizer(),
                config.optimizer().scheduleOver(config.ppo().valueLearningRate(), 2))) {
      PpoTrainer trainer =
          new PpoTrainer(
              config.ppo(),
              config.kl(),
              config.rollouts().temperature(),
              tokenBudget,
              policy,
              critic,
              policyLearner,
              criticLearner);
      SortedMap<Integer, Rollout> rollouts =
          RolloutFile.read(
              FIXTURE.resolve("rollouts.jsonl"), policy.tokenizer(), policy.config().dimensions());
      double temperature = config.rollouts().temperature();
      for (JsonNode step : expected.get("steps")) {
        Rollout rollout = rollouts.get(step.get("step").intValue());
        rollout =
            rollout
                .withLogprobs(RolloutScoring.logprobs(policy, rollout, temperature, tokenBudget))
                .withRefLogprobs(
                    RolloutScoring.logprobs(reference, rollout, temperature, tokenBudget));
        PpoStep made =
            trainer.step(step.get("step").intValue(), rollout, penalized(rollout), order(step));
        checkMetrics(step, made);
        checkExperience(step, made);
        checkUpdates(step.get("updates"), made.updates());
      }
      checkWeights(policy.parameters(), variant + "/policy-final.safetensors");
      checkWeights(critic.parameters(), variant + "/critic-final.safetensors");
    }
  }

  /** The scores with 1 subtracted from those of cut completions, as the fixture says. */
  private static double[] penalized(Rollout rollout) {
    return rollout.completions().stream()
        .mapToDouble(completion -> completion.score() - (completion.ended() ? 0 : 1))
        .toArray();
  }

  private static PpoConfig config(JsonNode settings) {
    Map<String, List<String>> given = new HashMap<>();
    Set<String> elsewhere = Set.of("objective");
    settings
        .properties()
        .forEach(
            setting -> {
              if (!elsewhere.contains(setting.getKey())) {
                given.put(setting.getKey(), List.of(setting.getValue().asText()));
              }
            });
    given.put("model", List.of("policy"));
    given.put("replay", List.of("rollouts.jsonl"));
    given.put("value-model", List.of("critic"));
    given.put("output", List.of("run"));
    return Settings.of(PpoConfig.class).bind(Written.Mapping.EMPTY, given);
  }

  private static MinibatchOrder order(JsonNode step) {
    return (number, epoch) -> {
      List<IntPredicate> minibatches = new ArrayList<>();
      for (JsonNode minibatch : step.get("minibatches").get(epoch)) {
        List<Integer> members = new ArrayList<>();
        minibatch.forEach(member -> members.add(member.intValue()));
        minibatches.add(members::contains);
      }
      return minibatches;
    };
  }

  private static void checkMetrics(JsonNode step, PpoStep made) {
    for (String name :
        List.of(
            "reward",
            "reward_std",
            "penalized_reward",
            "kl",
            "explained_variance",
            "completion_length",
            "ended")) {
      assertThat(made.metrics().get(name).orElseThrow())
          .as(name)
          .isCloseTo(step.get(name).doubleValue(), within(TOLERANCE));
    }
  }

  private static void checkExperience(JsonNode step, PpoStep made) {
    Experience experience =
        Experience.of(
            made.rollout(),
            penalized(made.rollout()),
            0.05,
            org.rlhf4j.rollout.KlEstimator.K1,
            1,
            0.95);
    checkRows(step.get("advantages"), experience.advantages());
    checkRows(step.get("returns"), experience.returns());
    checkRows(step.get("values"), experience.oldValues());
    checkRows(step.get("old_logprobs"), experience.oldLogprobs());
    checkRows(step.get("ref_logprobs"), experience.refLogprobs());
  }

  private static void checkRows(JsonNode expected, float[][] rows) {
    assertThat(rows).hasNumberOfRows(expected.size());
    for (int i = 0; i < rows.length; i++) {
      assertThat(rows[i]).hasSize(expected.get(i).size());
      for (int t = 0; t < rows[i].length; t++) {
        assertThat((double) rows[i][t])
            .isCloseTo(expected.get(i).get(t).doubleValue(), within(TOLERANCE));
      }
    }
  }

  private static void checkUpdates(JsonNode expected, List<PpoUpdate> updates) {
    assertThat(updates).hasSize(expected.size());
    for (int i = 0; i < updates.size(); i++) {
      JsonNode theirs = expected.get(i);
      PpoUpdate ours = updates.get(i);
      assertThat(ours.tokens()).isEqualTo(theirs.get("tokens").intValue());
      close(theirs, "policy_loss", ours.policyLoss());
      close(theirs, "value_loss", ours.valueLoss());
      close(theirs, "clip_fraction", ours.ratios().clipFraction());
      close(theirs, "approx_kl", ours.ratios().approxKl());
      close(theirs, "ratio_mean", ours.ratios().ratioMean());
      close(theirs, "ratio_max", ours.ratios().ratioMax());
      close(theirs, "entropy", ours.ratios().entropy());
      close(theirs, "grad_norm", ours.gradNorm());
      close(theirs, "value_grad_norm", ours.valueGradNorm());
    }
  }

  private static void close(JsonNode theirs, String name, double ours) {
    double value = theirs.get(name).doubleValue();
    assertThat(ours)
        .as(name)
        .isCloseTo(value, within(TOLERANCE * Math.max(1, Math.abs(value)) * 2));
  }

  private static void checkWeights(Parameters parameters, String file) {
    Safetensors expected = Safetensors.open(FIXTURE.resolve(file));
    parameters
        .tensors()
        .forEach(
            (name, tensor) -> {
              String key = expected.entries().containsKey(name) ? name : "model." + name;
              assertThat(tensor.values())
                  .as(name)
                  .containsExactly(expected.values(key), within(2e-5f));
            });
  }
}
