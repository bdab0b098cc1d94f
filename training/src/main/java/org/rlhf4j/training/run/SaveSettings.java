package org.rlhf4j.training.run;

import org.rlhf4j.model.weights.Dtype;
import org.rlhf4j.model.weights.SaveFormat;
import org.rlhf4j.settings.FileSize;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * How the weights of a model are written.
 *
 * @param saveDtype their number format
 * @param maxShardSize above which they are written as several files
 */
@SettingsGroup("Model written")
public record SaveSettings(
    @Setting(
            help = "Number format of the weights that are written.",
            defaultValue = "fp32",
            resumable = true)
        Dtype saveDtype,
    @Setting(
            help =
                "Largest size of a weights file: 5GB, 500MB. Above it, several files with an index"
                    + " are written.",
            defaultValue = "50GB",
            resumable = true)
        FileSize maxShardSize) {

  /** What they are where no one says. */
  public static final SaveSettings DEFAULT = new SaveSettings(Dtype.FP32, FileSize.parse("50GB"));

  /** The format that these ask for. */
  public SaveFormat format() {
    return new SaveFormat(saveDtype, maxShardSize.bytes());
  }
}
