package org.rlhf4j.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.data.BatchSettings;
import org.rlhf4j.data.RowFileSettings;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.sft.SftConfig;
import org.rlhf4j.sft.SftStage;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.display.ProgressListener;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.RunSettings;

/** Stage 1: a model learns from demonstrations. */
public final class FineTune {

  private FineTune() {}

  // [fine-tune
  /** Arguments: a model's folder, a file of demonstrations, a folder to write. */
  public static void main(String[] args) throws IOException {
    Path output = Path.of(args[2]);
    run(Path.of(args[0]), Path.of(args[1]), output, step -> System.out.println(step.line("loss")));
    System.out.println("the model is in " + output.resolve("model"));
  }

  static void run(Path model, Path rows, Path output, ProgressListener listener)
      throws IOException {
    SftConfig config =
        ConfigBuilder.of(SftConfig.class)
            .with(SftConfig::model, model)
            .with(RowFileSettings::data, List.of(rows))
            .with(RunSettings::output, output)
            .with(LoopSettings::steps, 12)
            .with(BatchSettings::batchSize, 8)
            .with(OptimizerSettings::learningRate, 6e-3)
            .build();
    StageRun.train(SftStage.TYPE, config, listener);
  }
  // fine-tune]
}
