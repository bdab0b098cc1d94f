package org.rlhf4j.sft;

import java.util.List;
import org.rlhf4j.data.token.SentRow;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.training.slice.Part;
import org.rlhf4j.training.slice.Slice;
import org.rlhf4j.training.slice.SliceGradient;
import org.rlhf4j.training.slice.Slices;
import org.rlhf4j.training.slice.TrainedWeights;

/**
 * The passes of a step in other processes, some rows in each slice.
 *
 * @param model takes the gradients
 * @param slices where they are computed
 * @param most slices of a step
 */
record SlicedPasses(LanguageModel model, Slices<SftWorker> slices, int most) implements SftPasses {

  /** Some rows of a step. */
  private record RowSlice(SentRow[] rows, int trained)
      implements Slice<SftWorker, SliceGradient<Double>> {

    @Override
    public SliceGradient<Double> compute(SftWorker worker) {
      return worker.pass(List.of(rows), trained);
    }
  }

  @Override
  public double of(List<? extends TrainingRow> rows, int trained) {
    List<SentRow> sent = rows.stream().map(SentRow::of).toList();
    List<RowSlice> parts =
        Part.of(rows.size(), most).stream()
            .map(
                part ->
                    new RowSlice(
                        sent.subList(part.from(), part.to()).toArray(SentRow[]::new), trained))
            .toList();
    slices.publish(model.parameters().values());
    return SliceGradient.sum(
            slices.compute(parts),
            TrainedWeights.of(model.parameters()),
            i -> model.tokenizer().decode(parts.get(i).rows()[0].prompt()))
        .stream()
        .mapToDouble(Double::doubleValue)
        .sum();
  }
}
