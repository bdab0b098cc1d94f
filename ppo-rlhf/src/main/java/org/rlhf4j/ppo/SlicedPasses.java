package org.rlhf4j.ppo;

import java.util.Arrays;
import java.util.List;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.ratio.RatioStatistics;
import org.rlhf4j.training.slice.Part;
import org.rlhf4j.training.slice.Slice;
import org.rlhf4j.training.slice.SliceGradient;
import org.rlhf4j.training.slice.Slices;
import org.rlhf4j.training.slice.TrainedWeights;

/**
 * The passes of an update in other processes, some completions in each slice.
 *
 * @param policy whose completions they are
 * @param trained the weights of policy and critic
 * @param slices where they are computed
 * @param most slices of an update
 */
record SlicedPasses(
    LanguageModel policy, TrainedWeights trained, Slices<PpoWorker> slices, int most)
    implements MinibatchPasses {

  /** Some completions, for policy and critic. */
  private record BothSlice(SentExperience sent, double klCoefficient)
      implements Slice<PpoWorker, SliceGradient<Passed>> {

    @Override
    public SliceGradient<Passed> compute(PpoWorker worker) {
      return worker.both(sent, klCoefficient);
    }
  }

  /** Some completions, for the critic alone. */
  private record CriticSlice(SentExperience sent)
      implements Slice<PpoWorker, SliceGradient<Double>> {

    @Override
    public SliceGradient<Double> compute(PpoWorker worker) {
      return worker.critic(sent);
    }
  }

  /** The objective is the worker's own, of the same settings. */
  @Override
  public Passed ofBoth(PolicyObjective objective, Minibatch minibatch, double klCoefficient) {
    List<SentExperience> parts = parts(minibatch);
    slices.publish(trained.values());
    List<Passed> passed =
        SliceGradient.sum(
            slices.compute(parts.stream().map(one -> new BothSlice(one, klCoefficient)).toList()),
            trained,
            i -> prompt(parts.get(i)));
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
    List<SentExperience> parts = parts(minibatch);
    slices.publish(trained.values());
    return SliceGradient.sum(
            slices.compute(parts.stream().map(CriticSlice::new).toList()),
            trained,
            i -> prompt(parts.get(i)))
        .stream()
        .mapToDouble(Double::doubleValue)
        .sum();
  }

  private List<SentExperience> parts(Minibatch minibatch) {
    int[] completions = minibatch.completions();
    return Part.of(completions.length, most).stream()
        .map(
            part ->
                SentExperience.of(
                    minibatch, Arrays.copyOfRange(completions, part.from(), part.to())))
        .toList();
  }

  private String prompt(SentExperience part) {
    return policy.tokenizer().decode(part.prompts()[0]);
  }
}
