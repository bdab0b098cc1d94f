package org.rlhf4j.reward;

import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.slice.ModelWorker;
import org.rlhf4j.training.slice.WorkerMaker;

/** The workers of a run of reward. */
record RewardWorkers() implements WorkerMaker<RewardConfig, ModelWorker<ScorePasses>> {

  @Override
  public StageType<RewardConfig> stage() {
    return RewardStage.TYPE;
  }

  @Override
  public ModelWorker<ScorePasses> open(RewardConfig config) {
    ScalarModel model = RewardStage.load(config);
    model.checkpointGradients(config.loop().gradientCheckpointing());
    return ModelWorker.of(
        model,
        new ScorePasses(model, config.centerCoefficient(), config.loop().microBatchTokens()));
  }
}
