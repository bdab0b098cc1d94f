package org.rlhf4j.data;

import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * The rows that aren't trained on but evaluated on.
 *
 * @param evalData files of held-out rows; empty: a share of the data
 * @param evalFraction that share
 */
@SettingsGroup("Evaluation")
public record HeldOutSettings(
    @Setting(help = "File of rows to evaluate on. All of --data is then trained on.")
        List<Path> evalData,
    @Setting(
            help =
                "Without --eval-data: the share of the rows to hold out. A hash of the prompt"
                    + " decides which rows. 0 holds nothing out.",
            defaultValue = "0.1")
        double evalFraction) {

  /** Checks the range. */
  public HeldOutSettings {
    Limits.fraction("eval-fraction", evalFraction);
  }
}
