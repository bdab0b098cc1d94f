package org.rlhf4j.reward;

import java.nio.file.Path;
import org.rlhf4j.settings.UserException;

/**
 * What shifts and scales a reward model's scores so that those of given good completions have mean
 * 0 and deviation 1, (r − mean) / deviation: a KL coefficient then weighs alike against any reward
 * model (Ziegler et al. 2019; Stiennon et al. 2020).
 *
 * @param mean the mean score of those completions
 * @param deviation their standard deviation, above 0
 */
public record Normalization(double mean, double deviation) {

  /** Leaves scores as they are. */
  public static final Normalization NONE = new Normalization(0, 1);

  /** Checks the deviation. */
  public Normalization {
    if (!(deviation > 0) || !Double.isFinite(deviation) || !Double.isFinite(mean)) {
      throw new IllegalArgumentException("no mean and deviation: " + mean + ", " + deviation);
    }
  }

  /**
   * Reads what a reward model's manifest says.
   *
   * @param rewardModel a model folder, or a run directory
   * @return its normalization
   * @throws UserException where there is no manifest, or it has no deviation
   */
  public static Normalization of(Path rewardModel) {
    Manifest manifest =
        Manifest.read(rewardModel)
            .filter(found -> found.scoreDeviation() > 0)
            .orElseThrow(
                () ->
                    new UserException(
                        rewardModel
                            + ": no "
                            + Manifest.FILE
                            + " with score_mean and a score_deviation above 0; leave out"
                            + " --normalize-reward, or train the reward model with rlhf reward"));
    return new Normalization(manifest.scoreMean(), manifest.scoreDeviation());
  }

  /**
   * Normalizes a score.
   *
   * @param score r
   * @return (r − mean) / deviation
   */
  public double of(double score) {
    return (score - mean) / deviation;
  }
}
