package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.reward.RewardPrograms;
import org.rlhf4j.rollout.stage.PolicyRun;
import org.rlhf4j.rollout.stage.PolicySettings;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.optimizer.Learner;

class GrpoTrainerTest {

  /** Sampling, scoring and updates: tensor memory isn't the garbage collector's. */
  @ParameterizedTest
  @ValueSource(strings = {"grpo", "gspo"})
  void stepsLeaveNoArraysBehind(String loss, @TempDir Path folder) throws IOException {
    TinyRun runs = new TinyRun(folder);
    GrpoConfig config =
        runs.config("run", "loss", loss, "kl-ratio-correction", "true", "max-length", "64");
    LoopSettings loop = new LoopSettings(1, 9, true, 20, false, 100, 1, false);
    try (LanguageModel policy = LanguageModel.load(runs.policy());
        RewardPrograms programs = RewardPrograms.tried(config.rollouts(), System.err);
        PolicyRun run =
            PolicyRun.open(
                policy,
                new PolicySettings(
                    config.rollouts(), config.kl(), loop, 0, 3, 0, loss.equals("gspo")),
                programs);
        Learner learner =
            new Learner(
                policy.parameters(), config.optimizer(), config.optimizer().scheduleOver(9))) {
      GrpoTrainer trainer = new GrpoTrainer(config.grpo(), config.kl(), 1, 6, 20, policy, learner);
      NDManager first = policy.parameters().manager();
      NDManager second = run.models().rewardModels().get(0).parameters().manager();
      int after2 = 0;
      for (int step = 1; step <= 6; step++) {
        Rollout rollout = run.rollout(step).rollout();
        trainer.step(step, rollout, run.penalizedScores(rollout));
        after2 = step == 2 ? arrays(first, second) : after2;
      }
      assertThat(arrays(first, second)).isEqualTo(after2);
    }
  }

  private static int arrays(NDManager first, NDManager second) {
    return first.getManagedArrays().size()
        + second.getManagedArrays().size()
        + first.getParentManager().getManagedArrays().size();
  }
}
