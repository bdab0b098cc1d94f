package org.rlhf4j.dpo;

import java.util.List;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;

/** Where the passes of a run are computed. */
interface DpoPasses {

  /**
   * Adds the gradient of rows' share of a step's loss: the sum over them of the mean over a row's
   * pairs, over the rows of the step; of orpo, −(1/N) Σ log π of their best completions too.
   *
   * @param rows comparisons, completions best first
   * @param refLogprobs for each row log π_ref of each completion
   * @param rowsOfStep rows of the whole step
   * @param likely N, the tokens of the whole step whose likelihood counts
   * @param stop looked at between micro-batches; slices are one job, in which nothing looks at it
   * @return what was measured
   * @throws StoppedException by {@code stop}; a part of the gradient is added
   */
  DpoTotals of(
      List<? extends TrainingRow> rows,
      List<float[]> refLogprobs,
      int rowsOfStep,
      int likely,
      StopFlag stop);

  /**
   * The reference's log-probabilities.
   *
   * @param other the reference, or null: the policy as it stands
   * @param rows comparisons
   * @param stop looked at between micro-batches, as in a step
   * @return for each row one number for each completion
   * @throws StoppedException by {@code stop}
   */
  List<float[]> reference(LanguageModel other, List<? extends TrainingRow> rows, StopFlag stop);
}
