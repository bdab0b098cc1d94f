package org.rlhf4j.ppo;

import java.util.Arrays;
import java.util.List;
import org.rlhf4j.rollout.BehaviourWeights;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.kl.KlEstimator;

/**
 * A rollout with what PPO learns from it. Each array has one row per completion in flat order, one
 * number per token.
 *
 * @param rollout completions with log-probabilities of policy and reference and values
 * @param oldLogprobs log π_old
 * @param refLogprobs log π_ref
 * @param oldValues the critic's values at sampling
 * @param advantages whitened unless the settings say otherwise
 * @param behaviour the weights of tokens that another policy than π_old sampled
 * @param policyAdvantages the advantages times those weights: what the policy's loss takes
 * @param returns G
 * @param penalizedReward mean over the step's own completions of the summed token rewards
 * @param explainedVariance 1 − var(G − V) / var(G) over all tokens
 */
record Experience(
    Rollout rollout,
    float[][] oldLogprobs,
    float[][] refLogprobs,
    float[][] oldValues,
    float[][] advantages,
    BehaviourWeights behaviour,
    float[][] policyAdvantages,
    float[][] returns,
    double penalizedReward,
    double explainedVariance) {

  /**
   * Works rewards, advantages and returns out.
   *
   * @param rollout with log-probabilities and values
   * @param scores the completions' scores, penalties subtracted
   * @param coefficient β of the KL in the reward, 0 for none
   * @param estimator of that KL
   * @param rule how they become advantages and returns
   * @param maxBehaviourRatio C, the most that a token weighs that another policy sampled
   * @param lastValues V_{T+1} of each completion, where one that was cut counts as interrupted:
   *     what is expected of it beyond its end is read there, and of its score only what is paid at
   *     single tokens is paid. Null where every completion ends with its last token, for which it
   *     gets its score
   * @return the experience
   */
  static Experience of(
      Rollout rollout,
      double[] scores,
      double coefficient,
      KlEstimator estimator,
      AdvantageRule rule,
      double maxBehaviourRatio,
      double[] lastValues) {
    List<Completion> completions = rollout.completions();
    int n = completions.size();
    float[][] oldLogprobs = new float[n][];
    float[][] refLogprobs = new float[n][];
    float[][] oldValues = new float[n][];
    float[][] advantages = new float[n][];
    float[][] returns = new float[n][];
    boolean[] replayed = rollout.replayed();
    double total = 0;
    for (int i = 0; i < n; i++) {
      Completion completion = completions.get(i);
      oldLogprobs[i] = completion.logprobs();
      refLogprobs[i] = completion.refLogprobs();
      oldValues[i] = completion.values();
      double[] kl = estimator.of(oldLogprobs[i], refLogprobs[i]);
      boolean interrupted = lastValues != null && !completion.ended();
      double score = interrupted ? completion.paidAtTokens() : scores[i];
      double[] rewards = TokenRewards.of(kl, coefficient, score, completion.tokenRewards());
      double last = interrupted ? lastValues[i] : 0;
      for (double reward : rewards) {
        total += replayed[i] ? 0 : reward;
      }
      advantages[i] = rule.advantages(rewards, oldValues[i], last);
      returns[i] = rule.returns(rewards, oldValues[i], last);
    }
    float[][] ofBatch = rule.ofBatch(advantages);
    BehaviourWeights behaviour = BehaviourWeights.of(rollout, maxBehaviourRatio);
    return new Experience(
        rollout,
        oldLogprobs,
        refLogprobs,
        oldValues,
        ofBatch,
        behaviour,
        behaviour.times(ofBatch),
        returns,
        total / rollout.fresh().size(),
        explainedVariance(returns, oldValues));
  }

  /** 1 − var(G − V) / var(G); 0 where the returns don't vary. */
  static double explainedVariance(float[][] returns, float[][] values) {
    int count = Arrays.stream(returns).mapToInt(row -> row.length).sum();
    double[] targets = new double[count];
    double[] errors = new double[count];
    int next = 0;
    for (int i = 0; i < returns.length; i++) {
      for (int t = 0; t < returns[i].length; t++) {
        targets[next] = returns[i][t];
        errors[next++] = (double) returns[i][t] - values[i][t];
      }
    }
    double variance = variance(targets);
    return variance == 0 ? 0 : 1 - variance(errors) / variance;
  }

  private static double variance(double[] numbers) {
    double mean = Arrays.stream(numbers).sum() / numbers.length;
    return Arrays.stream(numbers).map(x -> (x - mean) * (x - mean)).sum() / numbers.length;
  }
}
