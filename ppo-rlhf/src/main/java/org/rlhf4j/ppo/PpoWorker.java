package org.rlhf4j.ppo;

import java.util.Map;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.reward.RewardPrograms;
import org.rlhf4j.rollout.stage.Opened;
import org.rlhf4j.rollout.stage.PolicyRun;
import org.rlhf4j.rollout.stage.PolicyWorker;
import org.rlhf4j.rollout.stage.WorkerProbe;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.training.slice.ModelProbe;
import org.rlhf4j.training.slice.SliceGradient;
import org.rlhf4j.training.slice.TrainedWeights;
import org.rlhf4j.training.slice.WorkerSource;

/** The models and rows of a run of ppo in a process that computes slices of its steps. */
final class PpoWorker implements PolicyWorker {
  private final PolicyRun run;
  private final Critic critic;
  private final TrainedWeights trained;
  private final PolicyObjective objective;
  private final NetworkPasses passes;
  private final int tokenBudget;
  private final Opened opened;

  /**
   * What a worker is made from.
   *
   * @param config the run's settings as its {@code config.yaml} has them, with whole paths
   * @param probe what the trainer computes with policy, reference and reward models
   * @param critic what it computes with the critic
   * @param threads CPU threads of a slice
   */
  record Source(String config, WorkerProbe probe, ModelProbe critic, int threads)
      implements WorkerSource<PpoWorker> {

    @Override
    public PpoWorker open() {
      PpoConfig config =
          PpoStage.TYPE
              .settings()
              .bind(SettingsYaml.parse(config(), "the trainer's settings"), Map.of());
      return Opened.allOrNone(
          all -> {
            PpoWorker worker = new PpoWorker(config, all);
            worker.run.requireSame(probe);
            critic.requireSame(PpoStage.probe(worker.critic));
            return worker;
          });
    }
  }

  private PpoWorker(PpoConfig config, Opened opened) {
    RewardPrograms programs =
        opened.add(RewardPrograms.tried(config.rollouts(), System.err), RewardPrograms::close);
    LanguageModel policy =
        opened.add(
            LanguageModel.load(
                config.rollouts().model(),
                config.lora().adapter(),
                config.machine().seed(),
                config.machine().format()),
            LanguageModel::close);
    this.run =
        opened.add(
            PolicyRun.open(policy, PpoStage.policySettings(config), programs), PolicyRun::close);
    this.critic = opened.add(PpoStage.critic(config, run), Critic::close);
    this.trained = TrainedWeights.of(policy.parameters(), critic.parameters());
    this.objective = PpoTrainer.objective(config.ppo());
    this.tokenBudget = config.loop().microBatchTokens();
    this.passes =
        new NetworkPasses(
            config.ppo(), config.kl(), config.rollouts().temperature(), policy, critic);
    this.opened = opened;
  }

  @Override
  public PolicyRun run() {
    return run;
  }

  @Override
  public Rollout rollout(int step, int[] rows) {
    return RolloutScoring.withValues(critic::values, run.ofRows(step, rows), tokenBudget);
  }

  @Override
  public void take(float[] weights) {
    trained.setValues(weights);
  }

  /** The gradients of some completions' share of the losses of policy and critic. */
  SliceGradient<MinibatchPasses.Passed> both(SentExperience sent, double klCoefficient) {
    return SliceGradient.of(
        trained, () -> passes.ofBoth(objective, sent.minibatch(tokenBudget), klCoefficient));
  }

  /** The gradient of some completions' share of the value loss. */
  SliceGradient<Double> critic(SentExperience sent) {
    return SliceGradient.of(trained, () -> passes.ofCritic(sent.minibatch(tokenBudget)));
  }

  @Override
  public void close() {
    opened.close();
  }
}
