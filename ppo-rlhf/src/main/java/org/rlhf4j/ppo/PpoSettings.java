package org.rlhf4j.ppo;

import java.nio.file.Path;
import org.rlhf4j.training.settings.Limits;
import org.rlhf4j.training.settings.Setting;
import org.rlhf4j.training.settings.SettingsGroup;

/**
 * PPO's own settings; the defaults are those of Huang et al. 2024 and of Schulman et al. 2017.
 *
 * @param ppoEpochs K, passes over a rollout batch
 * @param minibatches updates of one pass
 * @param clip ε of the policy's ratio
 * @param gamma γ, the discount
 * @param lambda λ of GAE
 * @param valueClip ε_v of the values; 0: off
 * @param valueCoefficient c_v, the value loss's weight
 * @param entropyCoefficient c_H, the entropy bonus's weight
 * @param valueModel what the critic starts from, or null
 * @param valueLearningRate the critic's
 */
@SettingsGroup("PPO")
public record PpoSettings(
    @Setting(help = "Passes over a rollout batch.", defaultValue = "4") int ppoEpochs,
    @Setting(help = "Updates of one pass, each on its share of the batch.", defaultValue = "1")
        int minibatches,
    @Setting(help = "How far the policy's ratio may leave 1.", defaultValue = "0.2") double clip,
    @Setting(help = "Discount of later rewards.", defaultValue = "1") double gamma,
    @Setting(help = "Lambda of the advantage estimation.", defaultValue = "0.95") double lambda,
    @Setting(help = "How far values may leave those at sampling; 0: off.", defaultValue = "0.2")
        double valueClip,
    @Setting(help = "Weight of the value loss.", defaultValue = "0.1") double valueCoefficient,
    @Setting(help = "Weight of the entropy bonus.", defaultValue = "0") double entropyCoefficient,
    @Setting(
            help = "What the critic starts from: a model folder, a run or a hub id.",
            defaultText =
                "the reward model; the policy with a fresh head where there is none, or of another"
                    + " tokenizer",
            model = true)
        Path valueModel,
    @Setting(help = "Learning rate of the critic.", defaultValue = "5e-6")
        double valueLearningRate) {

  /** Checks the ranges. */
  public PpoSettings {
    Limits.positive("ppo-epochs", ppoEpochs);
    Limits.positive("minibatches", minibatches);
    Limits.positive("clip", clip);
    Limits.between("gamma", 0, 1, gamma);
    Limits.between("lambda", 0, 1, lambda);
    Limits.notNegative("value-clip", valueClip);
    Limits.notNegative("value-coefficient", valueCoefficient);
    Limits.notNegative("entropy-coefficient", entropyCoefficient);
    Limits.notNegative("value-learning-rate", valueLearningRate);
  }
}
