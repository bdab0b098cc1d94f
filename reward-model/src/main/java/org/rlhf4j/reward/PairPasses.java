package org.rlhf4j.reward;

import java.util.Arrays;
import java.util.List;
import org.rlhf4j.data.batch.MicroBatches;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;

/** Where the passes of a step are computed. */
@FunctionalInterface
interface PairPasses {

  /**
   * Adds the gradient of rows' share of a step's loss: the sum over them of the mean over a row's
   * pairs, over the rows of the step.
   *
   * @param rows comparisons, completions best first
   * @param rowsOfStep rows of the whole step
   * @param stop looked at between micro-batches; slices are one job, in which nothing looks at it
   * @return what was measured
   * @throws StoppedException by {@code stop}; a part of the gradient is added
   */
  StepTotals of(List<? extends TrainingRow> rows, int rowsOfStep, StopFlag stop);

  /** The passes of a micro-batch. */
  @FunctionalInterface
  interface MicroBatch {

    /** Scores a micro-batch and adds the gradient of its share of the loss. */
    void pass(PackedTokens tokens, Pairs pairs, StepTotals totals);
  }

  /** All rows in micro-batches under a token budget, between which a stop may end it. */
  static StepTotals inMicroBatches(
      List<? extends TrainingRow> rows, int tokenBudget, StopFlag stop, MicroBatch each) {
    List<TokenTree> trees = rows.stream().<TokenTree>map(TrainingRow::tree).toList();
    StepTotals totals = new StepTotals();
    for (int[] indices : stop.over(MicroBatches.of(trees, tokenBudget))) {
      List<TrainingRow> batch = Arrays.stream(indices).<TrainingRow>mapToObj(rows::get).toList();
      PackedTokens tokens = PackedTokens.of(batch.stream().map(TrainingRow::tree).toList());
      each.pass(tokens, Pairs.of(batch), totals);
    }
    return totals;
  }
}
