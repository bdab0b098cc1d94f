package org.rlhf4j.cli.command;

import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * How each next token is chosen.
 *
 * @param temperature what logits are divided by; 0 takes the most probable token
 * @param topP the mass that is drawn from, above 0 and at most 1
 * @param topK how many tokens are drawn from, 0 for all
 */
@SettingsGroup("Sampling")
public record TokenChoiceSettings(
    @Setting(
            help =
                "Temperature: logits are divided by it. 0 takes the most probable token each time.",
            defaultValue = "1.0")
        double temperature,
    @Setting(
            help = "Draw only from the most probable tokens that together have this probability.",
            defaultValue = "1.0")
        double topP,
    @Setting(
            help = "Draw only from this many most probable tokens. 0 draws from all.",
            defaultValue = "0")
        int topK) {

  /** Checks the ranges. */
  public TokenChoiceSettings {
    Limits.notNegative("temperature", temperature);
    Limits.between("top-p", 0, 1, topP);
    Limits.require(topP > 0, "top-p", "must be above 0");
    Limits.notNegative("top-k", topK);
  }

  /**
   * What the generator takes.
   *
   * @param maxNewTokens the most tokens of a completion
   */
  public SamplingSettings sampling(int maxNewTokens) {
    return new SamplingSettings(maxNewTokens, temperature, topK, topP);
  }
}
