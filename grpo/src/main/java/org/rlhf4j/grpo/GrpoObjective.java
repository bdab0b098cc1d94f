package org.rlhf4j.grpo;

import ai.djl.ndarray.NDArray;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.torch.Scalars;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.rollout.ratio.ClippedSurrogate;
import org.rlhf4j.rollout.ratio.TruncatedRatio;

/**
 * What an update of GRPO minimises, assembled from its parts:
 *
 * <pre>
 *   L = Σ_t w_t · S_t + v_t · (β · KL_t − c_H · H_t)
 *   S = max(−A ρ, −A clip(ρ, 1 − ε_low, 1 + ε_high)),   in cispo −A min(ρ, c), differentiated as
 *       −A min(ρ, c) ∇ log π
 * </pre>
 *
 * The weights w and v and the ratio ρ are those of the {@link GrpoLoss}.
 *
 * @param settings the loss, its clip and its coefficients
 * @param kl the estimator
 */
record GrpoObjective(GrpoSettings settings, KlSettings kl) {

  /**
   * The tokens of a micro-batch, M in all: what their completions are and what is known of each.
   *
   * @param packed whose they are
   * @param oldLogprobs log π_old [M]
   * @param refLogprobs log π_ref [M]
   * @param advantages A, times the weight of a token that another policy than π_old sampled [M]
   * @param behaviour that weight, else 1 [M]
   * @param weights w [M]
   * @param tokenWeights v [M]
   */
  record Tokens(
      PackedTokens packed,
      NDArray oldLogprobs,
      NDArray refLogprobs,
      NDArray advantages,
      NDArray behaviour,
      NDArray weights,
      NDArray tokenWeights) {}

  /**
   * The loss and what it is made of.
   *
   * @param loss to be differentiated
   * @param policyLoss Σ w S
   * @param klLoss Σ v KL
   * @param entropy Σ v H
   * @param logRatios log π − log π_old of each token [M]
   * @param ratios ρ as S takes it [M]
   */
  record Made(
      NDArray loss,
      NDArray policyLoss,
      NDArray klLoss,
      NDArray entropy,
      NDArray logRatios,
      NDArray ratios) {}

  /**
   * Assembles the loss.
   *
   * @param logprobs log π [M], differentiable
   * @param entropies H [M], differentiable if their coefficient isn't 0
   * @param coefficient β of the KL in the loss, 0 for none
   */
  Made loss(NDArray logprobs, NDArray entropies, Tokens tokens, double coefficient) {
    NDArray logRatios = logprobs.sub(tokens.oldLogprobs());
    NDArray ratios =
        TruncatedRatio.of(
            settings.loss().logRatios(logRatios, tokens.packed()), settings.maxRatio());
    NDArray policyLoss = surrogate(ratios, tokens.advantages()).mul(tokens.weights()).sum();
    NDArray estimates = kl.klEstimator().of(logprobs.sub(tokens.refLogprobs()));
    if (kl.klRatioCorrection()) {
      estimates =
          estimates.mul(TruncatedRatio.of(logRatios, settings.maxRatio())).mul(tokens.behaviour());
    }
    NDArray klLoss = estimates.mul(tokens.tokenWeights()).sum();
    NDArray loss =
        coefficient == 0 ? policyLoss : policyLoss.add(Scalars.times(klLoss, coefficient));
    NDArray entropy = entropies.mul(tokens.tokenWeights()).sum();
    if (hasEntropyBonus()) {
      loss = loss.sub(Scalars.times(entropy, settings.entropyCoefficient()));
    }
    return new Made(loss, policyLoss, klLoss, entropy, logRatios, ratios);
  }

  /** S of each token. */
  private NDArray surrogate(NDArray ratios, NDArray advantages) {
    return settings.loss().clips() ? clip().loss(ratios, advantages) : advantages.neg().mul(ratios);
  }

  /** Whether a token's gradient is clipped away, or in cispo its weight is capped. */
  boolean isClipped(double logRatio, double ratio, double advantage) {
    return settings.loss().clips()
        ? clip().isClipped(ratio, advantage)
        : logRatio > Math.log(settings.maxRatio());
  }

  /** Whether the entropies are part of the loss. */
  boolean hasEntropyBonus() {
    return settings.entropyCoefficient() != 0;
  }

  private ClippedSurrogate clip() {
    return new ClippedSurrogate(settings.clipLow(), settings.clipHigh(), null);
  }
}
