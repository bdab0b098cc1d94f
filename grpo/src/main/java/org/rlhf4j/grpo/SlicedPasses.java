package org.rlhf4j.grpo;

import java.util.List;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.ratio.RatioStatistics;
import org.rlhf4j.training.slice.Part;
import org.rlhf4j.training.slice.Slice;
import org.rlhf4j.training.slice.SliceGradient;
import org.rlhf4j.training.slice.Slices;
import org.rlhf4j.training.slice.TrainedWeights;

/**
 * The passes of an update in other processes, some groups in each slice.
 *
 * @param settings GRPO's own
 * @param policy takes the gradients
 * @param slices where they are computed
 * @param most slices of an update
 */
record SlicedPasses(
    GrpoSettings settings, LanguageModel policy, Slices<GrpoWorker> slices, int most)
    implements UpdatePasses {

  /** Some groups of an update. */
  private record PassSlice(UpdateRows rows, double coefficient)
      implements Slice<GrpoWorker, SliceGradient<Passed>> {

    @Override
    public SliceGradient<Passed> compute(GrpoWorker worker) {
      return worker.pass(rows, coefficient);
    }
  }

  @Override
  public Passed of(GroupExperience update, double coefficient) {
    UpdateRows rows = UpdateRows.of(update, settings.loss());
    List<UpdateRows> parts = Part.of(rows.groups(), most).stream().map(rows::of).toList();
    if (parts.isEmpty()) {
      return new Passed(0, 0, 0, new RatioStatistics());
    }
    slices.publish(policy.parameters().values());
    List<SliceGradient<Passed>> gradients =
        slices.compute(parts.stream().map(part -> new PassSlice(part, coefficient)).toList());
    List<Passed> passed =
        SliceGradient.sum(
            gradients,
            TrainedWeights.of(policy.parameters()),
            i -> policy.tokenizer().decode(parts.get(i).prompts()[0]));
    RatioStatistics ratios = new RatioStatistics();
    passed.forEach(one -> ratios.add(one.ratios()));
    return new Passed(
        passed.stream().mapToDouble(Passed::policyLoss).sum(),
        passed.stream().mapToDouble(Passed::klLoss).sum(),
        passed.stream().mapToDouble(Passed::entropy).sum(),
        ratios);
  }
}
