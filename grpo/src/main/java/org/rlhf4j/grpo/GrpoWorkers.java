package org.rlhf4j.grpo;

import java.util.function.UnaryOperator;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.stage.Opened;
import org.rlhf4j.rollout.stage.PolicyRun;
import org.rlhf4j.rollout.stage.PolicyWorker;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.slice.TrainedWeights;
import org.rlhf4j.training.slice.WorkerMaker;

/** The workers of a run of grpo. */
record GrpoWorkers() implements WorkerMaker<GrpoConfig, PolicyWorker<PolicyPasses>> {

  @Override
  public StageType<GrpoConfig> stage() {
    return GrpoStage.TYPE;
  }

  @Override
  public PolicyWorker<PolicyPasses> open(GrpoConfig config) {
    return Opened.allOrNone(
        opened -> {
          PolicyRun run =
              PolicyWorker.load(
                  GrpoStage.policySettings(config),
                  config.lora().adapter(),
                  config.machine().format(),
                  opened);
          LanguageModel policy = run.models().policy();
          return new PolicyWorker<>(
              run,
              GrpoStage.passes(config, policy),
              TrainedWeights.of(policy.parameters()),
              run.probe(),
              UnaryOperator.identity(),
              opened);
        });
  }
}
