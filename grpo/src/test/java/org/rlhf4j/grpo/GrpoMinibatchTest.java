package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.MinibatchOrder;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.file.RolloutFile;
import org.rlhf4j.rollout.stage.LearntStep;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.Written;
import org.rlhf4j.testing.stages.PyTorchFixture;
import org.rlhf4j.training.optimizer.Learner;

/** Several updates of a batch, each on some of its groups. */
class GrpoMinibatchTest {
  private static final Path FIXTURE = Path.of("src/test/resources/fixtures/grpo");
  private static final MinibatchOrder TWO =
      (step, pass) -> List.<IntPredicate>of(group -> group != 1, group -> group == 1);

  private interface Training {
    void on(GrpoTrainer trainer, Rollout rollout);
  }

  private static Map<String, float[]> trained(String options, Training training)
      throws IOException {
    Map<String, List<String>> given = new HashMap<>();
    for (String option : ("learning-rate=2e-3 group-size=4 " + options).split(" ")) {
      given.put(option.split("=")[0], List.of(option.split("=")[1]));
    }
    given.put("model", List.of("policy"));
    given.put("replay", List.of("rollouts.jsonl"));
    given.put("output", List.of("run"));
    GrpoConfig config = Settings.of(GrpoConfig.class).bind(Written.Mapping.EMPTY, given);
    try (LanguageModel policy = LanguageModel.load(FIXTURE.resolve("policy"));
        LanguageModel reference = LanguageModel.load(FIXTURE.resolve("reference"));
        Learner learner =
            new Learner(
                policy.parameters(), config.optimizer(), config.optimizer().scheduleOver(9))) {
      Rollout rollout =
          RolloutFile.read(
                  FIXTURE.resolve("rollouts.jsonl"),
                  policy.tokenizer(),
                  policy.config().dimensions())
              .get(1);
      rollout =
          rollout
              .withLogprobs(RolloutScoring.logprobs(policy, rollout, 1, 4096))
              .withRefLogprobs(RolloutScoring.logprobs(reference, rollout, 1, 4096));
      training.on(
          new GrpoTrainer(config.grpo(), config.kl(), 1, 12, 4096, policy, learner), rollout);
      return PyTorchFixture.weights(policy.parameters());
    }
  }

  /** The same as its groups learnt from alone, in turn, with the advantages of the whole batch. */
  @ParameterizedTest
  @ValueSource(strings = {"grpo", "dapo", "dr-grpo", "gspo", "sequence", "cispo"})
  void aMinibatchIsABatchOfItsGroups(String loss) throws IOException {
    Map<String, float[]> together =
        trained(
            "loss=" + loss, (trainer, rollout) -> trainer.step(1, rollout, rollout.scores(), TWO));
    Map<String, float[]> inTurn =
        trained(
            "loss=" + loss,
            (trainer, rollout) -> {
              Rollout others =
                  new Rollout(List.of(rollout.groups().get(0), rollout.groups().get(2)));
              Rollout one = new Rollout(List.of(rollout.groups().get(1)));
              trainer.step(1, others, others.scores());
              trainer.step(1, one, one.scores());
            });
    assertThat(together.keySet()).isEqualTo(inTurn.keySet());
    together.forEach(
        (name, weights) -> assertThat(weights).as(name).containsExactly(inTurn.get(name)));
  }

  @Test
  void theShuffleIsOverGroups() throws IOException {
    trained(
        "minibatches=2 updates-per-batch=3",
        (trainer, rollout) ->
            assertThat(trainer.step(1, rollout, rollout.scores()).updates()).hasSize(6));
  }

  /** The policy has moved after the first update: nothing is left of the other five. */
  @Test
  void updatesEndWhereThePolicyWentFarEnough() throws IOException {
    Map<String, float[]> ended =
        trained(
            "updates-per-batch=6 max-step-kl=1e-9",
            (trainer, rollout) -> {
              LearntStep<GrpoUpdate> made = trainer.step(1, rollout, rollout.scores());
              assertThat(made.updates()).hasSize(1);
              assertThat(made.metrics().get("updates_left_out")).hasValue(5);
            });
    Map<String, float[]> once =
        trained(
            "updates-per-batch=1",
            (trainer, rollout) -> {
              trainer.step(1, rollout, rollout.scores());
            });
    ended.forEach((name, weights) -> assertThat(weights).as(name).containsExactly(once.get(name)));
  }

  /** The control: with room enough all are made. */
  @Test
  void aLargeBoundLeavesNothingOut() throws IOException {
    trained(
        "updates-per-batch=6 max-step-kl=1e3",
        (trainer, rollout) -> {
          LearntStep<GrpoUpdate> made = trainer.step(1, rollout, rollout.scores());
          assertThat(made.updates()).hasSize(6);
          assertThat(made.metrics().get("updates_left_out")).hasValue(0);
        });
  }

  /** What was left out must not be in the next step's gradient. */
  @Test
  void whatIsLeftOutIsForgotten() throws IOException {
    Map<String, float[]> ended =
        trained(
            "updates-per-batch=2 max-step-kl=1e-9",
            (trainer, rollout) -> {
              trainer.step(1, rollout, rollout.scores());
              trainer.step(2, rollout, rollout.scores());
            });
    Map<String, float[]> once =
        trained(
            "updates-per-batch=1",
            (trainer, rollout) -> {
              trainer.step(1, rollout, rollout.scores());
              trainer.step(2, rollout, rollout.scores());
            });
    ended.forEach((name, weights) -> assertThat(weights).as(name).containsExactly(once.get(name)));
  }
}
