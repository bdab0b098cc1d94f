package org.rlhf4j.reward;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.ScalarPass;
import org.rlhf4j.model.torch.Scalars;
import org.rlhf4j.training.StopFlag;

/**
 * The passes of a step in this process, through all of a reward model.
 *
 * @param model collects the gradients
 * @param centering the loss's centring coefficient, 0 for none
 * @param microBatchTokens tokens that go through the network at once
 */
record ScorePasses(ScalarModel model, double centering, int microBatchTokens)
    implements PairPasses {

  @Override
  public StepTotals of(List<? extends TrainingRow> rows, int rowsOfStep, StopFlag stop) {
    return PairPasses.inMicroBatches(
        rows,
        microBatchTokens,
        stop,
        (tokens, pairs, totals) -> pass(tokens, pairs, rowsOfStep, totals));
  }

  private void pass(PackedTokens tokens, Pairs pairs, int rowsOfStep, StepTotals totals) {
    try (ScalarPass pass = model.forwardScores(tokens)) {
      NDArray loss =
          Scalars.over(BradleyTerryLoss.sumOverRows(pass.scalars(), pairs, centering), rowsOfStep);
      pass.backward(loss);
      totals.add(loss.getFloat(), pass.scalars().toFloatArray(), pairs);
    }
  }
}
