package org.rlhf4j.rollout.kl;

import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * How the policy is held to the reference.
 *
 * @param klCoefficient β
 * @param klEstimator of the KL that β weighs, or null for what suits where it acts
 * @param klIn whether β · KL lowers the reward or raises the loss
 * @param klRatioCorrection whether the KL in the loss is weighed by ρ, which is right off-policy
 * @param klTarget nats per completion that β is moved towards; null keeps β fixed
 * @param klHorizon completions over which β moves by a fifth at most
 * @param stopAtKl nats per completion at which the run ends; null: never
 * @param exactKl whether the KL over the whole vocabulary is reported
 * @param refreshReferenceEvery steps after which the reference becomes the policy; null: never
 */
@SettingsGroup("KL to the reference")
public record KlSettings(
    @Setting(help = "Weight of the KL to the reference.", defaultValue = "0.05")
        double klCoefficient,
    @Setting(
            help = "Estimator of the KL to the reference.",
            defaultText = "k1; k2 with --kl-in loss")
        KlEstimator klEstimator,
    @Setting(
            help = "Where the KL acts: it is subtracted from the reward, or added to the loss.",
            defaultValue = "reward")
        KlIn klIn,
    @Setting(
            help = "Multiply the KL in the loss by the ratio. This is right off-policy.",
            defaultValue = "false")
        boolean klRatioCorrection,
    @Setting(
            help =
                "Target for the KL, in nats per completion (k1). The coefficient is moved so that"
                    + " the KL comes near it.",
            defaultText = "a fixed coefficient")
        Double klTarget,
    @Setting(
            help = "Number of completions in which the coefficient moves by at most a fifth.",
            defaultValue = "10000")
        double klHorizon,
    @Setting(
            help =
                "End the run after a step whose kl is at least this, in nats per completion. The"
                    + " model is written.",
            defaultText = "never")
        Double stopAtKl,
    @Setting(
            help = "Also report the KL over the whole vocabulary, as kl_exact.",
            defaultValue = "false")
        boolean exactKl,
    @Setting(
            help = "Every this many steps, the policy becomes the new reference.",
            defaultText = "never")
        Integer refreshReferenceEvery) {

  /** Where the KL acts. */
  public enum KlIn {
    /** As a cost in each token's reward. */
    REWARD,
    /** As a term of the loss. */
    LOSS
  }

  /** Fills in what depends on where the KL acts, and checks what can be together. */
  public KlSettings {
    boolean inLoss = klIn == KlIn.LOSS;
    klEstimator = klEstimator != null ? klEstimator : inLoss ? KlEstimator.K2 : KlEstimator.K1;
    Limits.require(
        !inLoss || klEstimator != KlEstimator.K1 || klRatioCorrection,
        "kl-estimator",
        "must be k2 or k3 with --kl-in loss: there the gradient of k1 is that of log π, whose mean"
            + " over the policy's own samples is 0, so it holds nothing back; with"
            + " --kl-ratio-correction k1 may be");
    Limits.require(inLoss || !klRatioCorrection, "kl-ratio-correction", "is for --kl-in loss");
    Limits.notNegative("kl-coefficient", klCoefficient);
    if (klTarget != null) {
      Limits.positive("kl-target", klTarget);
      Limits.require(
          klCoefficient > 0,
          "kl-coefficient",
          "must be above 0 with --kl-target: the coefficient is moved by factors, and 0 stays 0");
    }
    Limits.positive("kl-horizon", klHorizon);
    if (stopAtKl != null) {
      Limits.positive("stop-at-kl", stopAtKl);
    }
    if (refreshReferenceEvery != null) {
      Limits.positive("refresh-reference-every", refreshReferenceEvery);
    }
  }

  /** Whether the reference becomes the policy after a step, from 1. */
  public boolean refreshesReferenceAfter(int step) {
    return refreshReferenceEvery != null && step % refreshReferenceEvery == 0;
  }

  /** Refuses what can't be computed in slices by other processes. */
  public void requireSliceable() {
    Limits.require(
        refreshReferenceEvery == null,
        "refresh-reference-every",
        "can't be together with --spark: executors load the reference once");
  }

  /** β at the start of a run. */
  public KlController controller() {
    return new KlController(klCoefficient, klTarget, klHorizon);
  }
}
