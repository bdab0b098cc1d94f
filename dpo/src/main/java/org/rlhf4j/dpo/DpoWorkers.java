package org.rlhf4j.dpo;

import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.training.StageType;
import org.rlhf4j.training.slice.ModelWorker;
import org.rlhf4j.training.slice.Probe;
import org.rlhf4j.training.slice.TrainedWeights;
import org.rlhf4j.training.slice.WorkerMaker;

/** The workers of a run of dpo. */
record DpoWorkers() implements WorkerMaker<DpoConfig, ModelWorker<SentPasses>> {

  @Override
  public StageType<DpoConfig> stage() {
    return DpoStage.TYPE;
  }

  @Override
  public ModelWorker<SentPasses> open(DpoConfig config) {
    LanguageModel model = DpoStage.load(config);
    model.checkpointGradients(config.loop().gradientCheckpointing());
    SentPasses passes =
        new SentPasses(
            new PolicyPasses(model, config.dpo(), config.loop().microBatchTokens()),
            config.referenceModel());
    return new ModelWorker<>(
        passes,
        TrainedWeights.of(model.parameters()),
        Probe.of(model),
        () -> {
          passes.close();
          model.close();
        });
  }
}
