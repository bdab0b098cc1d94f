package org.rlhf4j.grpo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.settings.UserException;

/**
 * Advantages of rewards that are paid at single tokens (process supervision, Shao et al. 2024,
 * section 4.1.3). The rewards of all steps of all completions of a group are normalized together; a
 * token's advantage is the sum of those that are paid at it or later,
 *
 * <pre>  r̃ = (r − mean(R)) / (std(R) + 1e-4),   A_i,t = Σ_{steps j of i at t or later} r̃_i,j
 * </pre>
 *
 * with {@code --advantage group}; others say in their own way what becomes of R. A completion's
 * last token is a step too, with what of its reward isn't paid at a token: other rewards, penalties
 * and the KL. So whole rewards have the advantages that they always have.
 */
final class StepAdvantages {
  private StepAdvantages() {}

  /**
   * The advantages of a batch.
   *
   * @param rollout some of whose scores are paid at single tokens
   * @param rewards of whole completions: scores less penalties, and less the KL
   * @param ofSteps what becomes of the rewards of a group's steps
   * @return for each completion one per token
   * @throws UserException where such advantages can't be of steps
   */
  static double[][] of(Rollout rollout, double[] rewards, Advantages ofSteps) {
    if (!ofSteps.takesSteps()) {
      throw new UserException(
          "--reward gives rewards of tokens or lines, which --advantage running-mean,"
              + " --advantage-scale batch and --advantage-per-reward can't take; leave these out");
    }
    double[][] advantages = new double[rewards.length][];
    int first = 0;
    for (RolloutGroup group : rollout.groups()) {
      List<double[]> steps = new ArrayList<>();
      for (Completion completion : group.completions()) {
        steps.add(steps(completion, rewards[first + steps.size()]));
      }
      for (double[] ofCompletion : ofGroup(steps, ofSteps)) {
        advantages[first++] = ofCompletion;
      }
    }
    return advantages;
  }

  /** What is paid at each token, NaN where nothing is. */
  private static double[] steps(Completion completion, double reward) {
    double[] steps = new double[completion.length()];
    Arrays.fill(steps, Double.NaN);
    if (completion.tokenRewards() != null) {
      System.arraycopy(completion.tokenRewards(), 0, steps, 0, steps.length);
    }
    int last = steps.length - 1;
    double atLast = Double.isNaN(steps[last]) ? 0 : steps[last];
    steps[last] = atLast + (reward - completion.paidAtTokens());
    return steps;
  }

  private static List<double[]> ofGroup(List<double[]> steps, Advantages ofSteps) {
    double[] all =
        steps.stream()
            .flatMapToDouble(Arrays::stream)
            .filter(step -> !Double.isNaN(step))
            .toArray();
    double[] made = ofSteps.of(all);
    List<double[]> advantages = new ArrayList<>();
    int next = 0;
    for (double[] ofCompletion : steps) {
      double[] sums = new double[ofCompletion.length];
      for (int t = 0; t < sums.length; t++) {
        sums[t] = Double.isNaN(ofCompletion[t]) ? 0 : made[next++];
      }
      for (int t = sums.length - 2; t >= 0; t--) {
        sums[t] += sums[t + 1];
      }
      advantages.add(sums);
    }
    return advantages;
  }
}
