package org.rlhf4j.grpo;

import java.util.List;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.rollout.ratio.RatioStatistics;
import org.rlhf4j.training.slice.Part;
import org.rlhf4j.training.slice.SlicedGradients;

/**
 * The passes of an update in other processes, some groups in each slice.
 *
 * @param settings GRPO's own
 * @param gradients the policy's
 * @param tokenizer of the prompts
 */
record SlicedPasses(
    GrpoSettings settings, SlicedGradients<PolicyPasses> gradients, Tokenizer tokenizer)
    implements UpdatePasses {

  @Override
  public Passed of(GroupExperience update, double coefficient) {
    UpdateRows rows = UpdateRows.of(update, settings.loss());
    List<UpdateRows> parts =
        Part.of(rows.groups(), gradients.most()).stream().map(rows::of).toList();
    RatioStatistics ratios = new RatioStatistics();
    if (parts.isEmpty()) {
      return new Passed(0, 0, 0, ratios);
    }
    List<Passed> passed =
        gradients.sum(
            parts,
            (passes, some) -> passes.of(some, coefficient),
            some -> tokenizer.decode(some.prompts()[0]));
    passed.forEach(one -> ratios.add(one.ratios()));
    return new Passed(
        passed.stream().mapToDouble(Passed::policyLoss).sum(),
        passed.stream().mapToDouble(Passed::klLoss).sum(),
        passed.stream().mapToDouble(Passed::entropy).sum(),
        ratios);
  }
}
