package org.rlhf4j.dpo;

import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.data.token.SentRow;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.slice.Part;
import org.rlhf4j.training.slice.PassWorker;
import org.rlhf4j.training.slice.Probe;
import org.rlhf4j.training.slice.Slice;
import org.rlhf4j.training.slice.SlicedGradients;
import org.rlhf4j.training.slice.SparkSettings;

/**
 * The passes of a run in other processes, some comparisons in each slice.
 *
 * @param gradients the policy's
 * @param tokenizer of the rows
 * @param spark of the run
 */
record SlicedPasses(SlicedGradients<SentPasses> gradients, Tokenizer tokenizer, SparkSettings spark)
    implements DpoPasses {

  /** Some rows, for the reference. */
  private record ReferenceSlice(SentRow[] rows, Probe probe)
      implements Slice<PassWorker<SentPasses>, ArrayList<float[]>> {

    @Override
    public ArrayList<float[]> compute(PassWorker<SentPasses> worker) {
      return worker.passes().reference(rows, probe);
    }
  }

  @Override
  public DpoTotals of(
      List<? extends TrainingRow> rows,
      List<float[]> refLogprobs,
      int rowsOfStep,
      int likely,
      StopFlag stop) {
    SentRow[] sent = SentRow.of(rows);
    float[][] reference = refLogprobs.toArray(float[][]::new);
    List<SentPasses.Sent> parts =
        Part.of(sent.length, gradients.most()).stream()
            .map(part -> new SentPasses.Sent(part.of(sent), part.of(reference)))
            .toList();
    DpoTotals totals = new DpoTotals();
    gradients
        .sum(
            parts,
            (passes, some) -> passes.of(some, rowsOfStep, likely),
            some -> tokenizer.decode(some.rows()[0].prompt()))
        .forEach(totals::add);
    return totals;
  }

  @Override
  public List<float[]> reference(
      LanguageModel other, List<? extends TrainingRow> rows, StopFlag stop) {
    Probe probe = other == null ? null : spark.onItsThreads(() -> Probe.of(other));
    List<float[]> all = new ArrayList<>();
    gradients
        .results(
            gradients.cut(SentRow.of(rows)).stream()
                .map(some -> new ReferenceSlice(some, probe))
                .toList())
        .forEach(all::addAll);
    return all;
  }
}
