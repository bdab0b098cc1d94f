package com.example;

import org.rlhf4j.training.StageRun;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.rollout.program.CompletedPrompt;
import org.rlhf4j.rollout.program.RewardProgram;
import org.rlhf4j.sft.SftConfig;
import org.rlhf4j.sft.SftStage;
import org.rlhf4j.data.RowFileSettings;
import org.rlhf4j.training.run.RunSettings;
import org.rlhf4j.settings.ConfigBuilder;

/** Compiles against what is published, and against that alone. */
public final class Consumer implements RewardProgram {

  @Override
  public double score(CompletedPrompt completed) {
    return completed.ended() ? 1 : 0;
  }

  public static void main(String[] args) throws Exception {
    SftConfig config =
        ConfigBuilder.of(SftConfig.class)
            .with(SftConfig::model, Path.of(args[0]))
            .with(RowFileSettings::data, List.of(Path.of(args[1])))
            .with(RunSettings::output, Path.of(args[2]))
            .build();
    StageRun.train(SftStage.TYPE, config, step -> System.out.println(step.line("loss")));
  }
}
