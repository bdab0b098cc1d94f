package org.rlhf4j.dpo;

import java.io.Serializable;
import org.rlhf4j.reward.Pairs;
import org.rlhf4j.training.run.Metrics;

/** What a step measures over its micro-batches, before its update. */
final class DpoTotals implements Serializable {
  private static final long serialVersionUID = 1L;

  private double loss;
  private double likelihoodLoss;
  private double right;
  private double betterReward;
  private double worseReward;
  private double betterLogprob;
  private double worseLogprob;
  private int pairs;

  /**
   * Adds a micro-batch.
   *
   * @param share of the step's loss, the likelihood's left out
   * @param likelihoodShare of the loss of the likelihood
   * @param rewards implicit rewards [C]
   * @param logprobs log π(y) [C]
   * @param added the pairs among them
   */
  void add(double share, double likelihoodShare, float[] rewards, float[] logprobs, Pairs added) {
    loss += share;
    likelihoodLoss += likelihoodShare;
    right += added.right(rewards);
    for (int pair = 0; pair < added.count(); pair++) {
      int better = (int) added.better()[pair];
      int worse = (int) added.worse()[pair];
      betterReward += rewards[better];
      worseReward += rewards[worse];
      betterLogprob += logprobs[better];
      worseLogprob += logprobs[worse];
    }
    pairs += added.count();
  }

  /** Adds all of another. */
  void add(DpoTotals other) {
    loss += other.loss;
    likelihoodLoss += other.likelihoodLoss;
    right += other.right;
    betterReward += other.betterReward;
    worseReward += other.worseReward;
    betterLogprob += other.betterLogprob;
    worseLogprob += other.worseLogprob;
    pairs += other.pairs;
  }

  double loss() {
    return loss + likelihoodLoss;
  }

  Metrics metrics(boolean withLikelihood) {
    Metrics metrics = new Metrics().put("loss", loss());
    if (withLikelihood) {
      metrics.put("likelihood_loss", likelihoodLoss);
    }
    return metrics
        .put("accuracy", right / pairs)
        .put("margin_mean", (betterReward - worseReward) / pairs)
        .put("chosen_reward", betterReward / pairs)
        .put("rejected_reward", worseReward / pairs)
        .put("chosen_logprob", betterLogprob / pairs)
        .put("rejected_logprob", worseLogprob / pairs);
  }
}
