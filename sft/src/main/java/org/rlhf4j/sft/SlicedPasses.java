package org.rlhf4j.sft;

import java.util.List;
import org.rlhf4j.data.token.SentRow;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.slice.SlicedGradients;

/**
 * The passes of a step in other processes, some rows in each slice.
 *
 * @param gradients the model's
 * @param tokenizer of the rows
 */
record SlicedPasses(SlicedGradients<ModelPasses> gradients, Tokenizer tokenizer)
    implements SftPasses {

  @Override
  public double of(List<? extends TrainingRow> rows, int trained, StopFlag stop) {
    return gradients
        .sum(
            gradients.cut(SentRow.of(rows)),
            (passes, some) -> passes.of(List.of(some), trained, new StopFlag()),
            some -> tokenizer.decode(some[0].prompt()))
        .stream()
        .mapToDouble(Double::doubleValue)
        .sum();
  }
}
