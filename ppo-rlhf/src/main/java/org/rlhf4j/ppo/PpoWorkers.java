package org.rlhf4j.ppo;

import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.stage.Opened;
import org.rlhf4j.rollout.stage.PolicyRun;
import org.rlhf4j.rollout.stage.PolicyWorker;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.slice.TrainedWeights;
import org.rlhf4j.training.slice.WorkerMaker;

/** The workers of a run of ppo. */
record PpoWorkers() implements WorkerMaker<PpoConfig, PolicyWorker<SentPasses>> {

  @Override
  public StageType<PpoConfig> stage() {
    return PpoStage.TYPE;
  }

  @Override
  public PolicyWorker<SentPasses> open(PpoConfig config) {
    return Opened.allOrNone(
        opened -> {
          PolicyRun run =
              PolicyWorker.load(
                  PpoStage.policySettings(config),
                  config.lora().adapter(),
                  config.machine().format(),
                  opened);
          LanguageModel policy = run.models().policy();
          Critic critic = opened.add(PpoStage.critic(config, run), Critic::close);
          int tokenBudget = config.loop().microBatchTokens();
          return new PolicyWorker<>(
              run,
              new SentPasses(
                  PpoStage.passes(config, policy, critic),
                  PpoTrainer.objective(config.ppo()),
                  tokenBudget),
              TrainedWeights.of(policy.parameters(), critic.parameters()),
              run.probe().and(PpoStage.probe(critic)),
              rollout -> RolloutScoring.withValues(critic::values, rollout, tokenBudget),
              opened);
        });
  }
}
