package org.rlhf4j.reward;

import java.util.List;
import java.util.Map;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.training.slice.ModelProbe;
import org.rlhf4j.training.slice.SliceGradient;
import org.rlhf4j.training.slice.SliceWorker;
import org.rlhf4j.training.slice.TrainedWeights;
import org.rlhf4j.training.slice.WorkerSource;

/**
 * The model of a run of reward in a process that computes slices of its steps.
 *
 * @param passes have the model
 */
record RewardWorker(ScorePasses passes) implements SliceWorker {

  /**
   * What a worker is made from.
   *
   * @param config the run's settings as its {@code config.yaml} has them, with whole paths
   * @param probe what the trainer computes
   * @param threads CPU threads of a slice
   */
  record Source(String config, ModelProbe probe, int threads)
      implements WorkerSource<RewardWorker> {

    @Override
    public RewardWorker open() {
      RewardConfig config =
          RewardStage.TYPE
              .settings()
              .bind(SettingsYaml.parse(config(), "the trainer's settings"), Map.of());
      ScalarModel model = RewardStage.load(config);
      try {
        model.checkpointGradients(config.loop().gradientCheckpointing());
        probe.requireSame(ModelProbe.of(model));
        return new RewardWorker(
            new ScorePasses(model, config.centerCoefficient(), config.loop().microBatchTokens()));
      } catch (RuntimeException | Error e) {
        model.close();
        throw e;
      }
    }
  }

  @Override
  public void take(float[] trained) {
    passes.model().parameters().setValues(trained);
  }

  /** The gradient of some comparisons' share of a step's loss. */
  SliceGradient<StepTotals> pass(List<? extends TrainingRow> rows, int rowsOfStep) {
    return SliceGradient.of(
        TrainedWeights.of(passes.model().parameters()), () -> passes.of(rows, rowsOfStep));
  }

  @Override
  public void close() {
    passes.model().close();
  }
}
