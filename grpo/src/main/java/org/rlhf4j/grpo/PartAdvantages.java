package org.rlhf4j.grpo;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;

/**
 * Advantages of each part of a reward apart (GDPO, Liu et al. 2026, equation 4): a part with small
 * differences counts as much as one with large ones,
 *
 * <pre>  A_i = Σ_k w_k · A(r_k)_i</pre>
 *
 * The sums of the parts aren't looked at. A part that doesn't apply to a completion gives it 0 and
 * is compared among the others.
 *
 * @param weights w of each part by its name in {@link Completion#rewards()}
 * @param ofPart how the numbers of a part in a group become advantages
 */
record PartAdvantages(Map<String, Double> weights, Advantages ofPart) implements Advantages {

  @Override
  public double[] of(double[] rewards) {
    return ofPart.of(rewards);
  }

  @Override
  public double[] of(Rollout rollout, double[] sums) {
    double[] advantages = new double[rollout.size()];
    int first = 0;
    for (RolloutGroup group : rollout.groups()) {
      List<Completion> completions = group.completions();
      for (Map.Entry<String, Double> part : weights.entrySet()) {
        double[] rewards =
            completions.stream().mapToDouble(one -> one.rewards().get(part.getKey())).toArray();
        add(part.getValue(), rewards, advantages, first);
      }
      first += completions.size();
    }
    return advantages;
  }

  @Override
  public boolean takesSteps() {
    return false;
  }

  private void add(double weight, double[] rewards, double[] advantages, int first) {
    int[] applies =
        IntStream.range(0, rewards.length).filter(i -> !Double.isNaN(rewards[i])).toArray();
    if (weight == 0 || applies.length == 0) {
      return;
    }
    double[] made = ofPart.of(IntStream.of(applies).mapToDouble(i -> rewards[i]).toArray());
    for (int i = 0; i < applies.length; i++) {
      advantages[first + applies[i]] += weight * made[i];
    }
  }
}
