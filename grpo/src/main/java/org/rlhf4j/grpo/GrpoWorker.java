package org.rlhf4j.grpo;

import java.util.Map;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.reward.RewardPrograms;
import org.rlhf4j.rollout.stage.Opened;
import org.rlhf4j.rollout.stage.PolicyRun;
import org.rlhf4j.rollout.stage.PolicyWorker;
import org.rlhf4j.rollout.stage.WorkerProbe;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.training.slice.SliceGradient;
import org.rlhf4j.training.slice.TrainedWeights;
import org.rlhf4j.training.slice.WorkerSource;

/** The models and rows of a run of grpo in a process that computes slices of its steps. */
final class GrpoWorker implements PolicyWorker {
  private final PolicyRun run;
  private final PolicyPasses passes;
  private final Opened opened;

  /**
   * What a worker is made from.
   *
   * @param config the run's settings as its {@code config.yaml} has them, with whole paths
   * @param probe what the trainer computes
   * @param threads CPU threads of a slice
   */
  record Source(String config, WorkerProbe probe, int threads) implements WorkerSource<GrpoWorker> {

    @Override
    public GrpoWorker open() {
      GrpoConfig config =
          GrpoStage.TYPE
              .settings()
              .bind(SettingsYaml.parse(config(), "the trainer's settings"), Map.of());
      return Opened.allOrNone(
          all -> {
            GrpoWorker worker = new GrpoWorker(config, all);
            worker.run.requireSame(probe);
            return worker;
          });
    }
  }

  private GrpoWorker(GrpoConfig config, Opened opened) {
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
            PolicyRun.open(policy, GrpoStage.policySettings(config), programs), PolicyRun::close);
    this.passes =
        new PolicyPasses(
            config.grpo(),
            config.kl(),
            config.rollouts().temperature(),
            config.loop().microBatchTokens(),
            policy);
    this.opened = opened;
  }

  @Override
  public PolicyRun run() {
    return run;
  }

  @Override
  public void take(float[] trained) {
    passes.policy().parameters().setValues(trained);
  }

  /** The gradient of some groups' share of an update's loss. */
  SliceGradient<UpdatePasses.Passed> pass(UpdateRows rows, double coefficient) {
    return SliceGradient.of(
        TrainedWeights.of(passes.policy().parameters()), () -> passes.of(rows, coefficient));
  }

  @Override
  public void close() {
    opened.close();
  }
}
