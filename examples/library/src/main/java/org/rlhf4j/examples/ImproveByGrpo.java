package org.rlhf4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.data.RowFileSettings;
import org.rlhf4j.grpo.GrpoConfig;
import org.rlhf4j.grpo.GrpoSettings;
import org.rlhf4j.grpo.GrpoStage;
import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.rollout.program.CompletedPrompt;
import org.rlhf4j.rollout.program.RewardProgram;
import org.rlhf4j.rollout.program.WeightedProgram;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.display.ProgressListener;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.RunSettings;

/** Stage 3b: a policy is improved against a reward that is a Java class. */
public final class ImproveByGrpo {

  private ImproveByGrpo() {}

  // [improve-by-grpo
  /** 1 for a right sum, and a tenth for anything that looks like one: rewards may be shaped. */
  public static final class RightSum implements RewardProgram {
    @Override
    public double score(CompletedPrompt completed) {
      String text = completed.completion().strip();
      return text.endsWith("= " + completed.answer()) ? 1 : text.contains("=") ? 0.1 : 0;
    }
  }

  /** Arguments: the policy's folder, a file of prompts with answers, a folder to write. */
  public static void main(String[] args) throws IOException {
    ProgressListener listener = step -> System.out.println(step.line("reward"));
    run(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]), listener);
  }

  static void run(Path policy, Path prompts, Path output, ProgressListener listener)
      throws IOException {
    GrpoConfig config =
        ConfigBuilder.of(GrpoConfig.class)
            .with(RolloutSettings::model, policy)
            .with(RolloutSettings::reward, List.of(WeightedProgram.of(RightSum.class)))
            .with(RowFileSettings::data, List.of(prompts))
            .with(RolloutSettings::maxNewTokens, 12)
            .with(GrpoSettings::groupSize, 4)
            .with(RunSettings::output, output)
            .with(LoopSettings::steps, 2)
            .with(OptimizerSettings::learningRate, 6e-4)
            .build();
    StageRun.train(GrpoStage.TYPE, config, listener);
  }
  // improve-by-grpo]
}
