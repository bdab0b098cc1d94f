package org.rlhf4j.grpo;

import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;
import org.rlhf4j.settings.UsageException;

/**
 * GRPO's own settings; the single update is that of Shao et al. 2024, whose groups were of 64.
 *
 * @param groupSize completions of a prompt
 * @param loss how tokens are weighed and ratios formed
 * @param advantage how rewards become advantages, or null for what suits the loss
 * @param clipLow how far ρ may fall below 1, or null
 * @param clipHigh how far ρ may rise above 1, or null
 * @param updatesPerBatch μ, updates on a rollout batch
 * @param maskCutCompletions whether a cut completion brings no loss
 * @param resampleGroups prompts that a step may sample in place of groups of equal rewards
 * @param maxRatio the most that a token of a replay weighs, or null
 * @param maxBehaviourRatio C, the most that a token of a behaviour policy weighs
 */
@SettingsGroup("GRPO")
public record GrpoSettings(
    @Setting(help = "Completions for each prompt.", defaultValue = "8") int groupSize,
    @Setting(
            help = "Loss. It decides how tokens are weighed and ratios are formed.",
            defaultValue = "grpo")
        GrpoLoss loss,
    @Setting(
            help = "How advantages are computed from rewards.",
            defaultText = "group; for dr-grpo mean-only")
        GroupAdvantages advantage,
    @Setting(help = "How far a ratio may fall below 1.", defaultText = "0.2; for gspo 3e-4")
        Double clipLow,
    @Setting(help = "How far a ratio may rise above 1.", defaultText = "0.2; for gspo 4e-4")
        Double clipHigh,
    @Setting(help = "Updates on a rollout batch.", defaultValue = "1") int updatesPerBatch,
    @Setting(
            help = "Leave the tokens of completions without EOS out of the loss.",
            defaultValue = "false")
        boolean maskCutCompletions,
    @Setting(
            help =
                "Most other prompts that a step may sample to replace prompts whose completions all"
                    + " have the same reward. 0 replaces none.",
            defaultValue = "0")
        int resampleGroups,
    @Setting(
            help =
                "With --replay or --replay-buffer: weighs each token by min(ratio, this), held"
                    + " constant.",
            defaultText = "off; 2 with --replay-buffer")
        Double maxRatio,
    @Setting(
            help =
                "Weighs each token that a behaviour policy sampled by min(old policy / behaviour"
                    + " policy, this), held constant.",
            defaultValue = "2")
        double maxBehaviourRatio) {

  /** Fills in what depends on the loss, and checks the ranges. */
  public GrpoSettings {
    boolean sequence = loss.isSequenceLevel();
    advantage =
        advantage != null
            ? advantage
            : loss == GrpoLoss.DR_GRPO ? GroupAdvantages.MEAN_ONLY : GroupAdvantages.GROUP;
    Limits.positive("group-size", groupSize);
    if (groupSize < 2 && advantage.needsOthers()) {
      throw new UsageException(
          "--group-size is "
              + groupSize
              + "; a group needs at least 2 completions to compare, except with --advantage"
              + " running-mean");
    }
    clipLow = clipLow != null ? clipLow : sequence ? 3e-4 : 0.2;
    clipHigh = clipHigh != null ? clipHigh : sequence ? 4e-4 : 0.2;
    Limits.positive("clip-low", clipLow);
    Limits.positive("clip-high", clipHigh);
    Limits.positive("updates-per-batch", updatesPerBatch);
    Limits.notNegative("resample-groups", resampleGroups);
    if (maxRatio != null) {
      Limits.positive("max-ratio", maxRatio);
    }
    Limits.positive("max-behaviour-ratio", maxBehaviourRatio);
  }
}
