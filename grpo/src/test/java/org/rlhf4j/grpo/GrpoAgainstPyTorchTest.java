package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.file.RolloutFile;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.rollout.stage.LearntStep;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.Written;
import org.rlhf4j.testing.stages.PyTorchFixture;
import org.rlhf4j.training.optimizer.Learner;

/** Three steps of each loss on fixed rollouts against plain PyTorch; see bench/reference. */
class GrpoAgainstPyTorchTest {
  private static final Path FIXTURE = Path.of("src/test/resources/fixtures/grpo");
  private static final double TOLERANCE = 1e-4;

  @ParameterizedTest
  @CsvSource({
    "grpo, 4096",
    "grpo, 30",
    "grpo-masked, 4096",
    "dapo, 4096",
    "dapo, 30",
    "dr-grpo, 4096",
    "gspo, 4096",
    "gspo, 30",
    "rloo, 4096",
    "rloo, 30",
    "sequence, 4096",
    "sequence, 30",
    "reinforce, 4096",
    "reinforce, 30"
  })
  void threeStepsEqualPyTorch(String variant, int tokenBudget) throws IOException {
    JsonNode expected = PyTorchFixture.expected(FIXTURE.resolve(variant));
    GrpoConfig config = config(expected.get("settings"));
    double temperature = config.rollouts().temperature();
    try (LanguageModel policy = LanguageModel.load(FIXTURE.resolve("policy"));
        LanguageModel reference = LanguageModel.load(FIXTURE.resolve("reference"));
        Learner learner =
            new Learner(
                policy.parameters(), config.optimizer(), config.optimizer().scheduleOver(3))) {
      GrpoTrainer trainer =
          new GrpoTrainer(
              config.grpo(),
              config.kl(),
              temperature,
              config.rollouts().maxNewTokens(),
              tokenBudget,
              policy,
              learner);
      SortedMap<Integer, Rollout> rollouts =
          RolloutFile.read(
              FIXTURE.resolve("rollouts.jsonl"), policy.tokenizer(), policy.config().dimensions());
      for (JsonNode step : expected.get("steps")) {
        int number = step.get("step").intValue();
        Rollout rollout = rollouts.get(number);
        rollout =
            rollout
                .withLogprobs(RolloutScoring.logprobs(policy, rollout, temperature, tokenBudget))
                .withRefLogprobs(
                    RolloutScoring.logprobs(reference, rollout, temperature, tokenBudget));
        LearntStep<GrpoUpdate> made = trainer.step(number, rollout, rollout.scores());
        for (String name :
            List.of(
                "reward",
                "reward_std",
                "kl",
                "equal_reward_groups",
                "completion_length",
                "ended")) {
          close(step, name, made.metrics().get(name).orElseThrow());
        }
        checkAdvantages(step, made);
        boolean inLoss = config.kl().klIn() == KlSettings.KlIn.LOSS;
        checkUpdates(step.get("updates"), made.updates(), inLoss ? config.kl().klCoefficient() : 0);
      }
      PyTorchFixture.checkWeights(
          policy.parameters(), FIXTURE.resolve(variant + "/policy-3.safetensors"));
    }
  }

  private static GrpoConfig config(JsonNode settings) {
    Map<String, List<String>> given = PyTorchFixture.given(settings);
    given.put("model", List.of("policy"));
    given.put("replay", List.of("rollouts.jsonl"));
    given.put("output", List.of("run"));
    return Settings.of(GrpoConfig.class).bind(Written.Mapping.EMPTY, given);
  }

  private static void checkAdvantages(JsonNode step, LearntStep<GrpoUpdate> made) {
    for (int i = 0; i < made.advantages().length; i++) {
      assertThat((double) made.advantages()[i][0])
          .isCloseTo(step.get("advantages").get(i).doubleValue(), within(1e-5));
    }
  }

  private static void checkUpdates(JsonNode expected, List<GrpoUpdate> updates, double beta) {
    assertThat(updates).hasSize(expected.size());
    for (int i = 0; i < updates.size(); i++) {
      JsonNode theirs = expected.get(i);
      GrpoUpdate ours = updates.get(i);
      close(theirs, "loss", ours.policyLoss() + beta * ours.klLoss());
      close(theirs, "policy_loss", ours.policyLoss());
      if (beta > 0) {
        close(theirs, "kl_loss", ours.klLoss());
      }
      close(theirs, "clip_fraction", ours.ratios().clipFraction());
      close(theirs, "approx_kl", ours.ratios().approxKl());
      close(theirs, "ratio_mean", ours.ratios().ratioMean());
      close(theirs, "ratio_max", ours.ratios().ratioMax());
      close(theirs, "entropy", ours.ratios().entropy());
      close(theirs, "grad_norm", ours.gradNorm());
    }
  }

  private static void close(JsonNode theirs, String name, double ours) {
    double value = theirs.get(name).doubleValue();
    assertThat(ours).as(name).isCloseTo(value, within(TOLERANCE * Math.max(1, Math.abs(value))));
  }
}
