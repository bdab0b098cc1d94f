package org.rlhf4j.ppo;

import java.util.List;
import org.rlhf4j.rollout.RatioStatistics;

/**
 * What one update measured, before it changed the weights.
 *
 * @param tokens of its minibatch
 * @param policyLoss mean over its tokens
 * @param klLoss β times the mean over its tokens of the KL in the loss; 0 where it is in the reward
 * @param valueLoss mean over its tokens, unweighted
 * @param ratios of its tokens
 * @param gradNorm the policy's, before clipping
 * @param valueGradNorm the critic's, of the weighted loss, before clipping
 */
public record PpoUpdate(
    int tokens,
    double policyLoss,
    double klLoss,
    double valueLoss,
    RatioStatistics ratios,
    double gradNorm,
    double valueGradNorm) {

  /** All updates of a step together: means weighted by tokens, gradient norms by update. */
  static PpoUpdate mean(List<PpoUpdate> updates) {
    int tokens = 0;
    double policyLoss = 0;
    double klLoss = 0;
    double valueLoss = 0;
    double gradNorm = 0;
    double valueGradNorm = 0;
    RatioStatistics ratios = new RatioStatistics();
    for (PpoUpdate update : updates) {
      tokens += update.tokens;
      policyLoss += update.policyLoss * update.tokens;
      klLoss += update.klLoss * update.tokens;
      valueLoss += update.valueLoss * update.tokens;
      gradNorm += update.gradNorm / updates.size();
      valueGradNorm += update.valueGradNorm / updates.size();
      ratios.add(update.ratios);
    }
    return new PpoUpdate(
        tokens,
        policyLoss / tokens,
        klLoss / tokens,
        valueLoss / tokens,
        ratios,
        gradNorm,
        valueGradNorm);
  }
}
