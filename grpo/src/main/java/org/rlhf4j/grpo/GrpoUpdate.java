package org.rlhf4j.grpo;

import java.util.List;
import org.rlhf4j.rollout.ratio.RatioStatistics;

/**
 * What one update measured, before it changed the weights.
 *
 * @param policyLoss the surrogate's part of the loss
 * @param klLoss the KL's part, unweighted
 * @param weighedEntropy the entropies with the KL's weights: what the entropy bonus is of
 * @param ratios of the tokens that take part
 * @param gradNorm before clipping
 */
public record GrpoUpdate(
    double policyLoss,
    double klLoss,
    double weighedEntropy,
    RatioStatistics ratios,
    double gradNorm) {

  /** All updates of a step together. */
  static GrpoUpdate mean(List<GrpoUpdate> updates) {
    RatioStatistics ratios = new RatioStatistics();
    updates.forEach(update -> ratios.add(update.ratios));
    return new GrpoUpdate(
        updates.stream().mapToDouble(GrpoUpdate::policyLoss).average().orElseThrow(),
        updates.stream().mapToDouble(GrpoUpdate::klLoss).average().orElseThrow(),
        updates.stream().mapToDouble(GrpoUpdate::weighedEntropy).average().orElseThrow(),
        ratios,
        updates.stream().mapToDouble(GrpoUpdate::gradNorm).average().orElseThrow());
  }
}
