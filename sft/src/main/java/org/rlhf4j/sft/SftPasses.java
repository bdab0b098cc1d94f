package org.rlhf4j.sft;

import java.util.List;
import org.rlhf4j.data.token.TrainingRow;

/** Where the passes of a step are computed. */
@FunctionalInterface
interface SftPasses {

  /**
   * Adds the gradient of rows' share of a step's loss, −(1/N) Σ log π, to that of the model.
   *
   * @param rows prompts with one completion each
   * @param trained N, the tokens of the whole step that are trained on
   * @return the share of the loss
   */
  double of(List<? extends TrainingRow> rows, int trained);
}
