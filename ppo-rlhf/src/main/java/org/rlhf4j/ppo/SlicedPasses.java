package org.rlhf4j.ppo;

import java.util.Arrays;
import java.util.List;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.rollout.ratio.RatioStatistics;
import org.rlhf4j.training.slice.Part;
import org.rlhf4j.training.slice.SlicedGradients;

/**
 * The passes of an update in other processes, some completions in each slice.
 *
 * @param gradients those of policy and critic
 * @param tokenizer of the prompts
 */
record SlicedPasses(SlicedGradients<SentPasses> gradients, Tokenizer tokenizer)
    implements MinibatchPasses {

  /** The objective is the worker's own, of the same settings. */
  @Override
  public Passed ofBoth(PolicyObjective objective, Minibatch minibatch, double klCoefficient) {
    List<Passed> passed =
        gradients.sum(
            parts(minibatch), (passes, some) -> passes.ofBoth(some, klCoefficient), this::prompt);
    RatioStatistics ratios = new RatioStatistics();
    passed.forEach(one -> ratios.add(one.ratios()));
    return new Passed(
        passed.stream().mapToDouble(Passed::policyLoss).sum(),
        passed.stream().mapToDouble(Passed::klLoss).sum(),
        passed.stream().mapToDouble(Passed::valueLoss).sum(),
        ratios);
  }

  @Override
  public double ofCritic(Minibatch minibatch) {
    return gradients.sum(parts(minibatch), SentPasses::ofCritic, this::prompt).stream()
        .mapToDouble(Double::doubleValue)
        .sum();
  }

  private List<SentExperience> parts(Minibatch minibatch) {
    int[] completions = minibatch.completions();
    return Part.of(completions.length, gradients.most()).stream()
        .map(
            part ->
                SentExperience.of(
                    minibatch, Arrays.copyOfRange(completions, part.from(), part.to())))
        .toList();
  }

  private String prompt(SentExperience part) {
    return tokenizer.decode(part.prompts()[0]);
  }
}
