package org.rlhf4j.data;

import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;
import org.rlhf4j.settings.UsageException;

/**
 * The rows that a stage learns from, and how long they may be.
 *
 * @param rows the files, and what to do about their bad rows
 * @param maxLength tokens of prompt, completion and EOS together, or null for the model's positions
 *     but at most {@value #USUAL_LENGTH}
 * @param maxDropped the largest share of rows that may be dropped for their length
 */
@SettingsGroup("Data")
public record DataSettings(
    RowSettings rows,
    @Setting(
            help =
                "Most tokens of prompt, completion and EOS together. A prompt that is too long"
                    + " loses its beginning. A row is dropped if its completion alone is too long.",
            defaultText = "the model's positions, at most 1024")
        Integer maxLength,
    @Setting(
            help = "Stop if a larger share of the rows than this would be dropped.",
            defaultValue = "1")
        double maxDropped) {

  /** The most tokens of a row where no one says. */
  public static final int USUAL_LENGTH = 1024;

  /** Checks the ranges. */
  public DataSettings {
    if (maxLength != null) {
      Limits.positive("max-length", maxLength);
    }
    Limits.between("max-dropped", 0, 1, maxDropped);
  }

  /**
   * The longest row for a model.
   *
   * @param dimensions the model's
   * @return tokens
   * @throws UsageException when more are asked for than the model has positions
   */
  public int maxLengthOf(Dimensions dimensions) {
    return longestRow(maxLength, dimensions);
  }

  /**
   * The longest row for a model.
   *
   * @param asked tokens, or null where no one says
   * @param dimensions the model's
   * @return tokens
   * @throws UsageException when more are asked for than the model has positions
   */
  public static int longestRow(Integer asked, Dimensions dimensions) {
    if (asked == null) {
      return Math.min(USUAL_LENGTH, dimensions.positions());
    }
    if (asked > dimensions.positions()) {
      throw new UsageException(
          "--max-length "
              + asked
              + " is more than the model's "
              + dimensions.positions()
              + " positions; lower it");
    }
    return asked;
  }
}
