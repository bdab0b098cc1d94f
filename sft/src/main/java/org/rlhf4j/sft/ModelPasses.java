package org.rlhf4j.sft;

import java.util.List;
import org.rlhf4j.data.batch.TrainedTokens;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.training.StopFlag;

/**
 * The passes of a step in this process, micro-batch by micro-batch.
 *
 * @param model collects the gradients
 * @param microBatchTokens tokens that go through the network at once
 */
record ModelPasses(LanguageModel model, int microBatchTokens) implements SftPasses {

  @Override
  public double of(List<? extends TrainingRow> rows, int trained, StopFlag stop) {
    double loss = 0;
    for (TrainedTokens batch : stop.over(TrainedTokens.pack(rows, microBatchTokens))) {
      float[] gradients = batch.gradients(-1f / trained);
      loss -= batch.sum(model.accumulate(batch.tokens(), 1, gradients)) / trained;
    }
    return loss;
  }
}
