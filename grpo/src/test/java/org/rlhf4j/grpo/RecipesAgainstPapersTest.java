package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.file.RolloutFile;
import org.rlhf4j.rollout.stage.PenalizedScores;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.Written;
import org.rlhf4j.testing.stages.PyTorchFixture;
import org.rlhf4j.training.optimizer.Learner;

/**
 * The gradient of each recipe's one update, by its options alone, against that of the paper's
 * objective in plain PyTorch ({@code bench/reference/recipes.py}).
 */
class RecipesAgainstPapersTest {
  private static final Path MODELS = Path.of("src/test/resources/fixtures/grpo");
  private static final Path FIXTURE = Path.of("src/test/resources/fixtures/recipes");

  /** AdamW with an ε far above each gradient: the weights move by the gradient itself. */
  private static final String PLAIN_DESCENT =
      "learning-rate=1e6 adam-epsilon=1e6 adam-beta1=0 adam-beta2=0 max-grad-norm=0"
          + " schedule=constant";

  @ParameterizedTest
  @CsvSource({
    "grpo, recipe=grpo, 4096",
    "grpo, recipe=grpo, 30",
    "dr-grpo, recipe=dr-grpo, 4096",
    "dapo, recipe=dapo, 4096",
    "dapo, recipe=dapo, 30",
    "gspo, recipe=gspo, 4096",
    "rloo, recipe=rloo, 4096",
    "rloo, recipe=rloo, 30",
    "reinforce, recipe=reinforce, 4096",
    "cispo, recipe=cispo, 4096",
    "cispo, recipe=cispo, 30",
    "rloo-on-policy, recipe=rloo, 4096",
    "rloo-on-policy, loss=sequence advantage=leave-one-out kl-in=reward kl-estimator=k1"
        + " kl-coefficient=0.05, 4096",
    "reinforce-on-policy, recipe=reinforce, 4096",
    "reinforce-plus-plus, loss=sequence advantage=none advantage-scale=batch kl-coefficient=0,"
        + " 4096",
    "entropy, recipe=grpo entropy-coefficient=0.01, 30"
  })
  void theGradientIsThePapers(String name, String options, int tokenBudget) throws IOException {
    double[] ours = descent(options, isOnPolicy(name), tokenBudget);
    double[] papers = gradient(name);
    assertThat(cosine(ours, papers)).isCloseTo(1, within(1e-6));
    assertThat(norm(ours) / norm(papers)).isCloseTo(1, within(1e-4));
  }

  /** The control, and what was wrong: divided by its length, a completion pulls another way. */
  @Test
  void aLengthNormalisedLossHasntRloosGradient() throws IOException {
    double[] normalised = descent("recipe=rloo loss=grpo", true, 4096);
    assertThat(cosine(normalised, gradient("rloo-on-policy"))).isLessThan(0.95);
  }

  private static boolean isOnPolicy(String name) {
    return name.endsWith("-on-policy")
        || name.equals("reinforce-plus-plus")
        || name.equals("entropy");
  }

  /** What one update takes from the weights. */
  private static double[] descent(String options, boolean onPolicy, int tokenBudget)
      throws IOException {
    JsonNode fixture = PyTorchFixture.expected(FIXTURE);
    GrpoConfig config = config(options);
    try (LanguageModel policy = LanguageModel.load(MODELS.resolve("policy"));
        LanguageModel reference = LanguageModel.load(MODELS.resolve("reference"));
        Learner learner =
            new Learner(
                policy.parameters(), config.optimizer(), config.optimizer().scheduleOver(1))) {
      GrpoTrainer trainer =
          new GrpoTrainer(config.grpo(), config.kl(), 1, 12, tokenBudget, policy, learner);
      Map<String, Double> counters = new HashMap<>(trainer.counters());
      counters.replace("running_mean", fixture.get("moving-mean").doubleValue());
      trainer.restoreCounters(counters);
      Rollout rollout =
          RolloutFile.read(
                  MODELS.resolve("rollouts.jsonl"),
                  policy.tokenizer(),
                  policy.config().dimensions())
              .get(1);
      float[][] old =
          onPolicy
              ? RolloutScoring.logprobs(policy, rollout, 1, tokenBudget)
              : rows(fixture.get("old_logprobs"));
      rollout =
          rollout
              .withLogprobs(old)
              .withRefLogprobs(RolloutScoring.logprobs(reference, rollout, 1, tokenBudget));
      double[] before = weights(policy.parameters());
      trainer.step(1, rollout, PenalizedScores.of(config.rollouts()).of(rollout));
      double[] after = weights(policy.parameters());
      for (int i = 0; i < before.length; i++) {
        before[i] -= after[i];
      }
      return before;
    }
  }

  private static GrpoConfig config(String options) {
    Map<String, List<String>> given = new HashMap<>();
    for (String option : (PLAIN_DESCENT + " " + options).split(" ")) {
      given.put(option.split("=")[0], List.of(option.split("=")[1]));
    }
    given.put("model", List.of("policy"));
    given.put("reward", List.of("exact-match"));
    given.put("data", List.of("rows.jsonl"));
    given.put("output", List.of("run"));
    given.put("group-size", List.of("4"));
    given.put("max-new-tokens", List.of("12"));
    return Settings.of(GrpoConfig.class).bind(Written.Mapping.EMPTY, given);
  }

  private static float[][] rows(JsonNode lists) {
    float[][] rows = new float[lists.size()][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = new float[lists.get(i).size()];
      for (int t = 0; t < rows[i].length; t++) {
        rows[i][t] = lists.get(i).get(t).floatValue();
      }
    }
    return rows;
  }

  private static double[] weights(Parameters parameters) {
    List<Double> all = new ArrayList<>();
    PyTorchFixture.weights(parameters).values().forEach(values -> add(all, values));
    return all.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static double[] gradient(String name) throws IOException {
    Safetensors file = Safetensors.open(FIXTURE.resolve(name + ".safetensors"));
    List<Double> all = new ArrayList<>();
    try (LanguageModel policy = LanguageModel.load(MODELS.resolve("policy"))) {
      for (String key : policy.parameters().tensors().keySet()) {
        String there = file.entries().containsKey(key) ? key : "model." + key;
        // The objective is maximised: a descent is along its gradient, with the other sign.
        float[] values = file.values(there);
        for (int i = 0; i < values.length; i++) {
          values[i] = -values[i];
        }
        add(all, values);
      }
    }
    return all.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static void add(List<Double> all, float[] values) {
    for (float value : values) {
      all.add((double) value);
    }
  }

  private static double cosine(double[] a, double[] b) {
    return dot(a, b) / norm(a) / norm(b);
  }

  private static double norm(double[] a) {
    return Math.sqrt(dot(a, a));
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
