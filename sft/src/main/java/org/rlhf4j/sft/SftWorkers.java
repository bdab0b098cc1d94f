package org.rlhf4j.sft;

import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.slice.ModelWorker;
import org.rlhf4j.training.slice.WorkerMaker;

/** The workers of a run of sft. */
record SftWorkers() implements WorkerMaker<SftConfig, ModelWorker<ModelPasses>> {

  @Override
  public StageType<SftConfig> stage() {
    return SftStage.TYPE;
  }

  @Override
  public ModelWorker<ModelPasses> open(SftConfig config) {
    LanguageModel model = SftStage.load(config);
    model.checkpointGradients(config.loop().gradientCheckpointing());
    return ModelWorker.of(model, new ModelPasses(model, config.loop().microBatchTokens()));
  }
}
