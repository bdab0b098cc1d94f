package org.rlhf4j.rollout;

import org.rlhf4j.training.settings.Limits;
import org.rlhf4j.training.settings.Setting;
import org.rlhf4j.training.settings.SettingsGroup;

/**
 * How the policy is held to the reference.
 *
 * @param klCoefficient β
 * @param klEstimator of the KL that β weighs
 * @param klIn whether β · KL lowers the reward or raises the loss
 * @param klTarget nats per completion that β is moved towards; null keeps β fixed
 * @param klHorizon completions over which β moves by a fifth at most
 */
@SettingsGroup("KL to the reference")
public record KlSettings(
    @Setting(help = "Weight of the KL to the reference.", defaultValue = "0.05")
        double klCoefficient,
    @Setting(help = "Estimator of that KL.", defaultValue = "k1") KlEstimator klEstimator,
    @Setting(help = "Whether it lowers the reward or raises the loss.", defaultValue = "reward")
        KlIn klIn,
    @Setting(
            help = "Move the coefficient towards this KL, in nats per completion (k1).",
            defaultText = "a fixed coefficient")
        Double klTarget,
    @Setting(
            help = "Completions over which the coefficient moves by a fifth at most.",
            defaultValue = "10000")
        double klHorizon) {

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
  }

  /** β at the start of a run. */
  public KlController controller() {
    return new KlController(klCoefficient, klTarget, klHorizon);
  }
}
