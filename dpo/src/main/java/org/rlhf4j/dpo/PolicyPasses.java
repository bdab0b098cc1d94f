package org.rlhf4j.dpo;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.model.torch.Scalars;
import org.rlhf4j.training.StopFlag;

/**
 * The passes of a run in this process, micro-batch by micro-batch.
 *
 * @param model collects the gradients
 * @param settings the loss
 * @param microBatchTokens tokens that go through the network at once
 */
record PolicyPasses(LanguageModel model, DpoSettings settings, int microBatchTokens)
    implements DpoPasses {

  @Override
  public DpoTotals of(
      List<? extends TrainingRow> rows,
      List<float[]> refLogprobs,
      int rowsOfStep,
      int likely,
      StopFlag stop) {
    DpoTotals totals = new DpoTotals();
    for (ComparedTokens batch :
        stop.over(ComparedTokens.pack(rows, settings.trainsOnPrompt(), microBatchTokens))) {
      pass(batch, batch.flat(refLogprobs), rowsOfStep, likely, totals);
    }
    return totals;
  }

  @Override
  public List<float[]> reference(
      LanguageModel other, List<? extends TrainingRow> rows, StopFlag stop) {
    return ReferenceLogprobs.of(other == null ? model : other, rows, microBatchTokens, stop);
  }

  private void pass(
      ComparedTokens batch, float[] refLogprobs, int rowsOfStep, int likely, DpoTotals totals) {
    try (LogprobPass pass = model.forward(batch.tokens(), 1, false)) {
      float[] lengths = batch.lengths();
      NDArray logprobs = batch.sums(pass.logprobs());
      NDArray pairLoss =
          Scalars.over(
              new DpoObjective(settings).sumOverRows(logprobs, refLogprobs, lengths, batch.pairs()),
              rowsOfStep);
      double likelihoodLoss = 0;
      NDArray loss = pairLoss;
      if (settings.loss().hasLikelihood()) {
        NDArray mask = pass.scope().create(batch.likelyMask());
        NDArray likelihood = Scalars.over(pass.logprobs().mul(mask).sum(), -likely);
        likelihoodLoss = likelihood.getFloat();
        loss = pairLoss.add(likelihood);
      }
      pass.backward(loss);
      float[] sums = logprobs.toFloatArray();
      totals.add(
          pairLoss.getFloat(),
          likelihoodLoss,
          settings.rewards(sums, refLogprobs, lengths),
          sums,
          batch.pairs());
    }
  }
}
