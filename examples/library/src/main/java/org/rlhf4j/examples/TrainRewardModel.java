package org.rlhf4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.data.BatchSettings;
import org.rlhf4j.data.HeldOutSettings;
import org.rlhf4j.data.RowFileSettings;
import org.rlhf4j.reward.RewardConfig;
import org.rlhf4j.reward.RewardStage;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.training.EvaluationSettings;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.display.Progress;
import org.rlhf4j.training.display.ProgressListener;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.RunSettings;

/** Stage 2: a reward model learns from comparisons, and is evaluated on held-out ones. */
public final class TrainRewardModel {

  private TrainRewardModel() {}

  // [train-reward-model
  /**
   * Arguments: a model's folder, a file of comparisons, one of held-out ones, a folder to write.
   */
  public static void main(String[] args) throws IOException {
    run(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]), Path.of(args[3]), new Told());
  }

  static void run(
      Path model, Path comparisons, Path heldOut, Path output, ProgressListener listener)
      throws IOException {
    RewardConfig config =
        ConfigBuilder.of(RewardConfig.class)
            .with(RewardConfig::model, model)
            .with(RowFileSettings::data, List.of(comparisons))
            .with(HeldOutSettings::evalData, List.of(heldOut))
            .with(RunSettings::output, output)
            .with(LoopSettings::steps, 10)
            .with(BatchSettings::batchSize, 8)
            .with(EvaluationSettings::evalEvery, 5)
            .with(OptimizerSettings::learningRate, 1e-3)
            .build();
    StageRun.train(RewardStage.TYPE, config, listener);
  }

  /** Hears of more than the steps: how well held-out pairs are told apart, and what is wrong. */
  static final class Told implements ProgressListener {
    @Override
    public void step(Progress step) {
      boolean evaluated = step.metrics().get("eval_accuracy").isPresent();
      System.out.println(step.line(evaluated ? "eval_accuracy" : "loss"));
    }

    @Override
    public void warning(String line) {
      System.err.println(line);
    }

    @Override
    public void note(String line) {
      System.out.println(line); // what became of the rows, the plan, the evaluation in words
    }
  }
  // train-reward-model]
}
