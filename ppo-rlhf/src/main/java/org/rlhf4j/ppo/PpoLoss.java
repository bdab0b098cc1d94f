package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import java.util.Optional;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.model.torch.Scalars;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.rollout.ratio.TruncatedRatio;

/**
 * What an update of PPO minimises, assembled from its parts; n is the number of tokens of the
 * minibatch, of which a micro-batch has a share:
 *
 * <pre>
 *   L = (Σ_t S_t − c_H · Σ_t H_t + β · Σ_t KL_t) / n + c_v · value loss
 * </pre>
 *
 * S is the {@link PolicyObjective}'s, β · KL is there with {@code --kl-in loss}, and the value loss
 * where the critic is a head on the policy's trunk; a separate one has a pass of its own.
 *
 * @param settings the coefficients
 * @param kl the estimator
 */
record PpoLoss(PpoSettings settings, KlSettings kl) {

  /**
   * The tokens of a micro-batch, M in all.
   *
   * @param part whose they are
   * @param oldLogprobs log π_old [M]
   * @param refLogprobs log π_ref [M]
   * @param advantages A times the token's weight under the behaviour policy [M]
   * @param behaviour that weight [M]
   * @param tokens n
   */
  record Tokens(
      RolloutMicroBatch part,
      NDArray oldLogprobs,
      NDArray refLogprobs,
      NDArray advantages,
      NDArray behaviour,
      int tokens) {}

  /**
   * The loss and what it is made of.
   *
   * @param loss to be differentiated
   * @param policyLoss Σ S / n
   * @param klLoss β Σ KL / n; 0 where it isn't in the loss
   * @param logRatios log π − log π_old of each token [M]
   * @param ratios ρ as S takes it [M]
   */
  record Made(NDArray loss, NDArray policyLoss, double klLoss, NDArray logRatios, NDArray ratios) {}

  /**
   * Assembles the loss.
   *
   * @param objective S
   * @param pass the policy's: log π and H, and what else S is made of
   * @param beta β of the KL in the loss, 0 for none
   * @param valueLoss of a critic on the policy's trunk, unweighted; else empty
   */
  Made of(
      PolicyObjective objective,
      LogprobPass pass,
      Tokens batch,
      double beta,
      Optional<NDArray> valueLoss) {
    int n = batch.tokens();
    NDArray logRatios = pass.logprobs().sub(batch.oldLogprobs());
    NDArray ratios = TruncatedRatio.of(logRatios, settings.maxRatio());
    NDArray policyLoss =
        Scalars.over(objective.loss(ratios, batch.advantages(), pass, batch.part()).sum(), n);
    NDArray loss = policyLoss;
    if (hasEntropyBonus()) {
      loss = loss.sub(Scalars.times(pass.entropies().sum(), settings.entropyCoefficient() / n));
    }
    double klLoss = 0;
    if (beta != 0) {
      NDArray estimates = kl.klEstimator().of(pass.logprobs().sub(batch.refLogprobs()));
      if (kl.klRatioCorrection()) {
        estimates = estimates.mul(ratios).mul(batch.behaviour());
      }
      NDArray sum = estimates.sum();
      loss = loss.add(Scalars.times(sum, beta / n));
      klLoss = sum.getFloat() * beta / n;
    }
    if (valueLoss.isPresent()) {
      loss = loss.add(Scalars.times(valueLoss.get(), settings.valueCoefficient()));
    }
    return new Made(loss, policyLoss, klLoss, logRatios, ratios);
  }

  /** Whether the entropies are part of the loss. */
  boolean hasEntropyBonus() {
    return settings.entropyCoefficient() != 0;
  }
}
