package org.rlhf4j.data;

import java.util.List;
import org.rlhf4j.settings.Setting;

/**
 * How often a stage takes the rows of its files.
 *
 * @param dataWeights how many times an epoch takes the rows of each file; empty: once
 */
public record WeightSettings(
    @Setting(
            help =
                "How many times an epoch takes the rows of each --data file, in the order of the"
                    + " files: 2,0.5.",
            defaultText = "once")
        List<Double> dataWeights) {

  /** Keeps a copy. */
  public WeightSettings {
    dataWeights = List.copyOf(dataWeights);
  }
}
