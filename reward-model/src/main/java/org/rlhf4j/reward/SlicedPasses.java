package org.rlhf4j.reward;

import java.util.List;
import org.rlhf4j.data.token.SentRow;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.training.slice.Part;
import org.rlhf4j.training.slice.Slice;
import org.rlhf4j.training.slice.SliceGradient;
import org.rlhf4j.training.slice.Slices;
import org.rlhf4j.training.slice.TrainedWeights;

/**
 * The passes of a step in other processes, some comparisons in each slice.
 *
 * @param model takes the gradients
 * @param slices where they are computed
 * @param most slices of a step
 */
record SlicedPasses(ScalarModel model, Slices<RewardWorker> slices, int most)
    implements PairPasses {

  /** Some comparisons of a step. */
  private record RowSlice(SentRow[] rows, int rowsOfStep)
      implements Slice<RewardWorker, SliceGradient<StepTotals>> {

    @Override
    public SliceGradient<StepTotals> compute(RewardWorker worker) {
      return worker.pass(List.of(rows), rowsOfStep);
    }
  }

  @Override
  public StepTotals of(List<? extends TrainingRow> rows, int rowsOfStep) {
    List<SentRow> sent = rows.stream().map(SentRow::of).toList();
    List<RowSlice> parts =
        Part.of(rows.size(), most).stream()
            .map(
                part ->
                    new RowSlice(
                        sent.subList(part.from(), part.to()).toArray(SentRow[]::new), rowsOfStep))
            .toList();
    slices.publish(model.parameters().values());
    StepTotals totals = new StepTotals();
    SliceGradient.sum(
            slices.compute(parts),
            TrainedWeights.of(model.parameters()),
            i -> model.tokenizer().decode(parts.get(i).rows()[0].prompt()))
        .forEach(totals::add);
    return totals;
  }
}
