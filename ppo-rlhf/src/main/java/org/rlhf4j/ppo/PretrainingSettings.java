package org.rlhf4j.ppo;

import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * The language-modelling batch that is added to each update of the policy (PPO-ptx, Ouyang et al.
 * 2022, equation 2).
 *
 * @param pretrainingData files of demonstrations; none for PPO alone
 * @param pretrainingCoefficient γ_ptx, the weight of its loss; null without files
 * @param pretrainingRows rows of an update
 */
@SettingsGroup("Pretraining")
public record PretrainingSettings(
    @Setting(
            help =
                "File of rows as sft takes them. Each update of the policy also lowers their loss"
                    + " (PPO-ptx).")
        List<Path> pretrainingData,
    @Setting(
            help = "Weight of the loss of --pretraining-data.",
            defaultText = "1, with --pretraining-data")
        Double pretrainingCoefficient,
    @Setting(help = "Rows of --pretraining-data in an update.", defaultValue = "8")
        int pretrainingRows) {

  /** Checks the ranges. */
  public PretrainingSettings {
    pretrainingData = List.copyOf(pretrainingData);
    Limits.require(
        !pretrainingData.isEmpty() || pretrainingCoefficient == null,
        "pretraining-coefficient",
        "is for --pretraining-data");
    if (pretrainingCoefficient == null && !pretrainingData.isEmpty()) {
      pretrainingCoefficient = 1.0;
    }
    if (pretrainingCoefficient != null) {
      Limits.notNegative("pretraining-coefficient", pretrainingCoefficient);
    }
    Limits.positive("pretraining-rows", pretrainingRows);
  }

  /** Whether there are rows. */
  boolean isAsked() {
    return !pretrainingData.isEmpty();
  }
}
