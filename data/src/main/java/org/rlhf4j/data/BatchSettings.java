package org.rlhf4j.data;

import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * How many rows make an optimizer step in the stages that learn from rows (sft, reward).
 *
 * @param batchSize rows: a demonstration, or a whole comparison
 */
@SettingsGroup("Batch")
public record BatchSettings(
    @Setting(
            help = "Rows in an optimizer step. A whole comparison is one row.",
            defaultValue = "16")
        int batchSize) {

  /** Checks the range. */
  public BatchSettings {
    Limits.positive("batch-size", batchSize);
  }
}
