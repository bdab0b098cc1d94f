package org.rlhf4j.model.sampling;

import org.rlhf4j.settings.UsageException;

/**
 * How completions are drawn.
 *
 * @param maxNewTokens the most tokens of a completion, its stop id included
 * @param temperature what logits are divided by; 0 takes the most probable token
 * @param topK only the k most probable tokens are drawn; 0 draws from all
 * @param topP only the most probable tokens that together hold this mass are drawn; 1 draws from
 *     all
 */
public record SamplingSettings(int maxNewTokens, double temperature, int topK, double topP) {
  /** Refuses what no sampling can mean. */
  public SamplingSettings {
    require(maxNewTokens >= 1, "max-new-tokens", maxNewTokens, "at least 1");
    require(
        temperature >= 0 && Double.isFinite(temperature), "temperature", temperature, "0 or more");
    require(topK >= 0, "top-k", topK, "0 (all) or more");
    require(topP > 0 && topP <= 1, "top-p", topP, "above 0 and at most 1");
  }

  /** Samples from the whole distribution. */
  public static SamplingSettings of(int maxNewTokens, double temperature) {
    return new SamplingSettings(maxNewTokens, temperature, 0, 1);
  }

  private static void require(boolean fits, String name, Number value, String expected) {
    if (!fits) {
      throw new UsageException("--" + name + " is " + value + "; it must be " + expected);
    }
  }
}
