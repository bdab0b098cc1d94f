package org.rlhf4j.reward;

import java.util.List;
import org.rlhf4j.data.token.SentRow;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.slice.SlicedGradients;

/**
 * The passes of a step in other processes, some comparisons in each slice.
 *
 * @param gradients the model's
 * @param tokenizer of the rows
 */
record SlicedPasses(SlicedGradients<ScorePasses> gradients, Tokenizer tokenizer)
    implements PairPasses {

  @Override
  public StepTotals of(List<? extends TrainingRow> rows, int rowsOfStep, StopFlag stop) {
    StepTotals totals = new StepTotals();
    gradients
        .sum(
            gradients.cut(SentRow.of(rows)),
            (passes, some) -> passes.of(List.of(some), rowsOfStep, new StopFlag()),
            some -> tokenizer.decode(some[0].prompt()))
        .forEach(totals::add);
    return totals;
  }
}
