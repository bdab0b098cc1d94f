package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.ValueHead;
import org.rlhf4j.rollout.MinibatchOrder;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.reward.RewardPrograms;
import org.rlhf4j.rollout.stage.PolicyRun;
import org.rlhf4j.rollout.stage.PolicySettings;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.LearningRateSchedule;
import org.rlhf4j.training.optimizer.OptimizerSettings;

class PpoTrainerTest {

  /** Sampling, scoring, both networks' updates: tensor memory isn't the garbage collector's. */
  @ParameterizedTest
  @EnumSource
  void stepsLeaveNoArraysBehind(Objective objective, @TempDir Path folder) throws IOException {
    TinyRun runs = new TinyRun(folder);
    String name = objective.name().toLowerCase(Locale.ROOT).replace('_', '-');
    PpoConfig config = runs.config("run", "objective", name, "max-length", "64");
    LoopSettings loop = new LoopSettings(1, 9, true, 20, false, 100, 1, false);
    try (LanguageModel policy = LanguageModel.load(runs.policy());
        RewardPrograms programs = RewardPrograms.tried(config.rollouts(), System.err);
        PolicyRun run =
            PolicyRun.open(
                policy,
                new PolicySettings(config.rollouts(), config.kl(), loop, 0, 1, 0, false),
                programs);
        Learner policyLearner =
            new Learner(
                policy.parameters(), config.optimizer(), config.optimizer().scheduleOver(9));
        Critic critic =
            critic(objective, policy, config.optimizer(), config.optimizer().scheduleOver(9))) {
      PpoTrainer trainer =
          new PpoTrainer(config.ppo(), config.kl(), 1, 20, policy, policyLearner, critic);
      List<NDManager> managers =
          Stream.of(policy.parameters(), run.models().rewardModels().get(0).parameters())
              .map(parameters -> parameters.manager())
              .toList();
      int after2 = 0;
      for (int step = 1; step <= 6; step++) {
        Rollout rollout = run.rollout(step).rollout();
        MinibatchOrder order = MinibatchOrder.shuffled(rollout.size(), 2, 0);
        trainer.step(step, rollout, run.penalizedScores(rollout), order);
        after2 = step == 2 ? arrays(managers) : after2;
      }
      assertThat(arrays(managers)).isEqualTo(after2);
    }
  }

  /** Shared where the objective is adaptive-kl. */
  private static Critic critic(
      Objective objective,
      LanguageModel policy,
      OptimizerSettings optimizer,
      LearningRateSchedule schedule) {
    return objective == Objective.ADAPTIVE_KL
        ? new SharedCritic(policy, ValueHead.fresh(policy, 1), optimizer, schedule)
        : new SeparateCritic(ScalarModel.load(TinyRun.REWARD_MODEL), optimizer, schedule);
  }

  private static int arrays(List<NDManager> managers) {
    int arrays = managers.get(0).getParentManager().getManagedArrays().size();
    for (NDManager manager : managers) {
      arrays += manager.getManagedArrays().size();
    }
    return arrays;
  }
}
