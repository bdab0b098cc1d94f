package org.rlhf4j.sft;

import java.util.List;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;

/** Where the passes of a step are computed. */
@FunctionalInterface
interface SftPasses {

  /**
   * Adds the gradient of rows' share of a step's loss, −(1/N) Σ log π, to that of the model.
   *
   * @param rows prompts with one completion each
   * @param trained N, the tokens of the whole step that are trained on
   * @param stop looked at between micro-batches; slices are one job, in which nothing looks at it
   * @return the share of the loss
   * @throws StoppedException by {@code stop}; a part of the gradient is added
   */
  double of(List<? extends TrainingRow> rows, int trained, StopFlag stop);
}
