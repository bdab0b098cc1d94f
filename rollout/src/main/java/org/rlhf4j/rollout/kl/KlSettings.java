package org.rlhf4j.rollout.kl;

import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * How the policy is held to the reference.
 *
 * @param klCoefficient β
 * @param klEstimator of the KL that β weighs
 * @param klIn whether β · KL lowers the reward or raises the loss
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
    @Setting(help = "Estimator of the KL to the reference.", defaultValue = "k1")
        KlEstimator klEstimator,
    @Setting(
            help = "Where the KL acts: it is subtracted from the reward, or added to the loss.",
            defaultValue = "reward")
        KlIn klIn,
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

  /** Checks the ranges. */
  public KlSettings {
    Limits.notNegative("kl-coefficient", klCoefficient);
    if (klTarget != null) {
      Limits.positive("kl-target", klTarget);
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

  /** β at the start of a run. */
  public KlController controller() {
    return new KlController(klCoefficient, klTarget, klHorizon);
  }
}
