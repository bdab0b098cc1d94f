package org.rlhf4j.ppo;

import java.util.List;
import java.util.function.ToDoubleFunction;
import org.rlhf4j.rollout.ratio.RatioStatistics;

/**
 * What one update measured, before it changed the weights. An update of the critic alone has NaN
 * for what is the policy's and no ratios, one of the policy alone NaN for what is the critic's.
 *
 * @param tokens of its minibatch
 * @param policyLoss mean over its tokens
 * @param klLoss β times the mean over its tokens of the KL in the loss; 0 where it is in the reward
 * @param valueLoss mean over its tokens, unweighted
 * @param pretrainingLoss the mean −log π of the language-modelling batch, unweighted; NaN where
 *     there is none
 * @param ratios of its tokens
 * @param gradNorm the policy's, before clipping
 * @param valueGradNorm the critic's, of the weighted loss, before clipping
 */
public record PpoUpdate(
    int tokens,
    double policyLoss,
    double klLoss,
    double valueLoss,
    double pretrainingLoss,
    RatioStatistics ratios,
    double gradNorm,
    double valueGradNorm) {

  /** One of the critic alone. */
  static PpoUpdate ofCritic(int tokens, double valueLoss, double valueGradNorm) {
    return new PpoUpdate(
        tokens,
        Double.NaN,
        Double.NaN,
        valueLoss,
        Double.NaN,
        new RatioStatistics(),
        Double.NaN,
        valueGradNorm);
  }

  /** One of the policy alone. */
  static PpoUpdate ofPolicy(
      int tokens, double policyLoss, RatioStatistics ratios, double gradNorm) {
    return new PpoUpdate(
        tokens, policyLoss, 0, Double.NaN, Double.NaN, ratios, gradNorm, Double.NaN);
  }

  /** Whether it changed the policy. */
  boolean hasPolicy() {
    return !Double.isNaN(policyLoss);
  }

  /** All updates of a step together: means weighted by tokens, gradient norms by update. */
  static PpoUpdate mean(List<PpoUpdate> updates) {
    RatioStatistics ratios = new RatioStatistics();
    updates.forEach(update -> ratios.add(update.ratios));
    return new PpoUpdate(
        updates.stream().mapToInt(PpoUpdate::tokens).sum(),
        mean(updates, PpoUpdate::tokens, PpoUpdate::policyLoss),
        mean(updates, PpoUpdate::tokens, PpoUpdate::klLoss),
        mean(updates, PpoUpdate::tokens, PpoUpdate::valueLoss),
        mean(updates, update -> 1, PpoUpdate::pretrainingLoss),
        ratios,
        mean(updates, update -> 1, PpoUpdate::gradNorm),
        mean(updates, update -> 1, PpoUpdate::valueGradNorm));
  }

  /** The weighted mean over those updates that have the number; NaN where none has. */
  private static double mean(
      List<PpoUpdate> updates,
      ToDoubleFunction<PpoUpdate> weight,
      ToDoubleFunction<PpoUpdate> number) {
    double sum = 0;
    double weights = 0;
    for (PpoUpdate update : updates) {
      if (!Double.isNaN(number.applyAsDouble(update))) {
        sum += weight.applyAsDouble(update) * number.applyAsDouble(update);
        weights += weight.applyAsDouble(update);
      }
    }
    return sum / weights;
  }
}
