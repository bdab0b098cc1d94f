package org.rlhf4j.grpo;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.rlhf4j.rollout.BehaviourWeights;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.kl.KlEstimator;

/**
 * A rollout with what GRPO learns from it, one row per completion in flat order.
 *
 * @param rollout completions with log-probabilities of policy and reference
 * @param oldLogprobs log π_old per token
 * @param refLogprobs log π_ref per token
 * @param rewards one per completion: scores less penalties, and less the KL where that is in them
 * @param advantages one per completion: that of its first token
 * @param tokenAdvantages per token; all of a completion equal unless rewards are paid at tokens
 * @param behaviour the weights of tokens that another policy than π_old sampled
 * @param policyAdvantages per token: its advantage times its weight
 * @param takesPart whether a completion's tokens bring loss
 * @param counts what the losses divide by
 * @param equalRewardGroups groups whose advantages are all 0: nothing can be learnt from them
 */
record GroupExperience(
    Rollout rollout,
    float[][] oldLogprobs,
    float[][] refLogprobs,
    double[] rewards,
    double[] advantages,
    float[][] tokenAdvantages,
    BehaviourWeights behaviour,
    float[][] policyAdvantages,
    boolean[] takesPart,
    GrpoLoss.Counts counts,
    int equalRewardGroups) {

  /**
   * Works the advantages out.
   *
   * @param rollout with log-probabilities
   * @param scores the completions' scores, penalties subtracted
   * @param coefficient β of the KL in the reward, 0 for none
   * @param estimator of that KL
   * @param estimatedBy how rewards become advantages
   * @param maskCutCompletions whether a cut completion brings no loss
   * @param maxNewTokens the most tokens of a completion
   * @param maxBehaviourRatio C, the most that a token weighs that another policy sampled
   */
  static GroupExperience of(
      Rollout rollout,
      double[] scores,
      double coefficient,
      KlEstimator estimator,
      Advantages estimatedBy,
      boolean maskCutCompletions,
      int maxNewTokens,
      double maxBehaviourRatio) {
    List<Completion> completions = rollout.completions();
    int n = completions.size();
    float[][] oldLogprobs = new float[n][];
    float[][] refLogprobs = new float[n][];
    double[] rewards = new double[n];
    boolean[] takesPart = new boolean[n];
    int tokens = 0;
    for (int i = 0; i < n; i++) {
      Completion completion = completions.get(i);
      oldLogprobs[i] = completion.logprobs();
      refLogprobs[i] = completion.refLogprobs();
      double kl =
          coefficient == 0 ? 0 : Arrays.stream(estimator.of(oldLogprobs[i], refLogprobs[i])).sum();
      rewards[i] = scores[i] - coefficient * kl;
      takesPart[i] = completion.ended() || !maskCutCompletions;
      tokens += takesPart[i] ? completion.length() : 0;
    }
    int[] sizes = rollout.groups().stream().mapToInt(g -> g.completions().size()).toArray();
    estimatedBy.begin(rewards);
    double[][] ofTokens =
        rollout.hasTokenRewards()
            ? StepAdvantages.of(rollout, rewards, estimatedBy)
            : perToken(rollout, estimatedBy.of(rollout, rewards));
    double[] advantages = Arrays.stream(ofTokens).mapToDouble(row -> row[0]).toArray();
    float[][] tokenAdvantages =
        Arrays.stream(ofTokens).map(GroupExperience::floats).toArray(float[][]::new);
    BehaviourWeights behaviour = BehaviourWeights.of(rollout, maxBehaviourRatio);
    return new GroupExperience(
        rollout,
        oldLogprobs,
        refLogprobs,
        rewards,
        advantages,
        tokenAdvantages,
        behaviour,
        behaviour.times(tokenAdvantages),
        takesPart,
        new GrpoLoss.Counts(sizes.length, sizes, n, tokens, maxNewTokens),
        groupsOfZeros(sizes, ofTokens));
  }

  private static float[] floats(double[] numbers) {
    float[] floats = new float[numbers.length];
    for (int t = 0; t < floats.length; t++) {
      floats[t] = (float) numbers[t];
    }
    return floats;
  }

  private static int groupsOfZeros(int[] sizes, double[][] advantages) {
    int zeros = 0;
    int first = 0;
    for (int size : sizes) {
      int next = first + size;
      boolean isZero =
          Arrays.stream(advantages, first, next)
              .flatMapToDouble(Arrays::stream)
              .allMatch(one -> one == 0);
      zeros += isZero ? 1 : 0;
      first = next;
    }
    return zeros;
  }

  /**
   * What a minibatch learns from: only its groups take part, and the losses divide by their counts.
   *
   * @param chosen its groups, by their index
   */
  GroupExperience of(IntPredicate chosen) {
    int[] groups = rollout.groupOf();
    boolean[] part = new boolean[takesPart.length];
    int completions = 0;
    int tokens = 0;
    for (int i = 0; i < part.length; i++) {
      completions += chosen.test(groups[i]) ? 1 : 0;
      part[i] = takesPart[i] && chosen.test(groups[i]);
      tokens += part[i] ? oldLogprobs[i].length : 0;
    }
    int count = (int) IntStream.range(0, counts.groups()).filter(chosen).count();
    GrpoLoss.Counts ofPart =
        new GrpoLoss.Counts(count, counts.groupSizes(), completions, tokens, counts.maxNewTokens());
    return new GroupExperience(
        rollout,
        oldLogprobs,
        refLogprobs,
        rewards,
        advantages,
        tokenAdvantages,
        behaviour,
        policyAdvantages,
        part,
        ofPart,
        equalRewardGroups);
  }

  /** The mean over the step's own completions of the reward that advantages came from. */
  double penalizedReward() {
    boolean[] replayed = rollout.replayed();
    return IntStream.range(0, rewards.length)
        .filter(i -> !replayed[i])
        .mapToDouble(i -> rewards[i])
        .average()
        .orElseThrow();
  }

  /** Each completion's advantage at each of its tokens. */
  private static double[][] perToken(Rollout rollout, double[] advantages) {
    List<Completion> completions = rollout.completions();
    double[][] rows = new double[completions.size()][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = new double[completions.get(i).length()];
      Arrays.fill(rows[i], advantages[i]);
    }
    return rows;
  }

  /** w: the weight of the surrogate at each completion's tokens. */
  double[] weights(GrpoLoss loss) {
    return weights(loss::weight);
  }

  /** v: the weight of what each of a completion's tokens has of its own. */
  double[] tokenWeights(GrpoLoss loss) {
    return weights(loss::tokenWeight);
  }

  private interface Weighing {
    double weight(GrpoLoss.Counts counts, int group, int length);
  }

  private double[] weights(Weighing weighing) {
    int[] groups = rollout.groupOf();
    List<Completion> completions = rollout.completions();
    double[] weights = new double[completions.size()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] =
          takesPart[i] ? weighing.weight(counts, groups[i], completions.get(i).length()) : 0;
    }
    return weights;
  }
}
