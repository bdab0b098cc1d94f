package org.rlhf4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.data.RowFileSettings;
import org.rlhf4j.ppo.PpoConfig;
import org.rlhf4j.ppo.PpoSettings;
import org.rlhf4j.ppo.PpoStage;
import org.rlhf4j.rollout.RewardModelSettings;
import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.display.ProgressListener;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.RunSettings;

/** Stage 3a: a policy is improved against a reward model, held to what it was. */
public final class ImproveByPpo {

  private ImproveByPpo() {}

  // [improve-by-ppo
  /** Arguments: the policy's folder, the reward model's, a file of prompts, a folder to write. */
  public static void main(String[] args) throws IOException {
    ProgressListener listener =
        step -> System.out.println(step.line("reward") + ", " + step.line("kl"));
    run(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]), Path.of(args[3]), listener);
  }

  static void run(
      Path policy, Path rewardModel, Path prompts, Path output, ProgressListener listener)
      throws IOException {
    PpoConfig config =
        ConfigBuilder.of(PpoConfig.class)
            .with(RolloutSettings::model, policy)
            .with(RewardModelSettings::rewardModel, List.of(rewardModel))
            .with(RowFileSettings::data, List.of(prompts))
            .with(RolloutSettings::promptsPerStep, 8)
            .with(RolloutSettings::maxNewTokens, 12)
            .with(RunSettings::output, output)
            .with(LoopSettings::steps, 2)
            .with(KlSettings::klCoefficient, 0.1)
            .with(OptimizerSettings::learningRate, 3e-4)
            .with(PpoSettings::valueLearningRate, 1e-3)
            .build();
    StageRun.train(PpoStage.TYPE, config, listener);
  }
  // improve-by-ppo]
}
