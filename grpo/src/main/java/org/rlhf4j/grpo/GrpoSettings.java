package org.rlhf4j.grpo;

import java.util.Map;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;
import org.rlhf4j.settings.UsageException;

/**
 * GRPO's own settings; the single update is that of Shao et al. 2024, whose groups were of 64.
 *
 * @param recipe gives other settings the values of a paper, or null
 * @param groupSize completions of a prompt
 * @param loss how tokens are weighed and ratios formed
 * @param advantage how rewards become advantages, or null for what suits the loss
 * @param advantageScale what is done to the advantages of the batch
 * @param advantagePerReward whether each part of the reward has advantages of its own
 * @param clipLow how far ρ may fall below 1, or null
 * @param clipHigh how far ρ may rise above 1, or null
 * @param updatesPerBatch μ, passes over a rollout batch
 * @param minibatches updates of a pass
 * @param entropyCoefficient c_H, the entropy bonus's weight
 * @param maxStepKl the mean k3 per token from the old policy beyond which a batch's further updates
 *     are left out, or null
 * @param maskCutCompletions whether a cut completion brings no loss
 * @param resampleGroups prompts that a step may sample in place of groups of equal rewards
 * @param resampleUntilFull whether it may sample all other prompts for that
 * @param maxRatio the most that a token of a replay weighs, or null
 * @param maxBehaviourRatio C, the most that a token of a behaviour policy weighs
 */
@SettingsGroup("GRPO")
public record GrpoSettings(
    @Setting(
            help =
                "Method of a paper: it gives loss, advantage, clip, KL and penalties the paper's"
                    + " values. What you give besides still counts. The plan shows every value.",
            defaultText = "none")
        Recipe recipe,
    @Setting(help = "Completions for each prompt.", defaultValue = "8") int groupSize,
    @Setting(
            help = "Loss. It decides how tokens are weighed and ratios are formed.",
            defaultValue = "grpo")
        GrpoLoss loss,
    @Setting(
            help = "How advantages are computed from rewards.",
            defaultText = "group; for dr-grpo mean-only")
        GroupAdvantages advantage,
    @Setting(
            help =
                "batch: shift and scale the advantages of all completions of a step to mean 0 and"
                    + " deviation 1.",
            defaultValue = "none")
        AdvantageScale advantageScale,
    @Setting(
            help =
                "Compute the advantages of each reward of a sum apart, and add them up with the"
                    + " rewards' weights.",
            defaultValue = "false")
        boolean advantagePerReward,
    @Setting(
            help = "How far a ratio may fall below 1. Not for cispo.",
            defaultText = "0.2; for gspo 3e-4")
        Double clipLow,
    @Setting(
            help = "How far a ratio may rise above 1. Not for cispo.",
            defaultText = "0.2; for gspo 4e-4")
        Double clipHigh,
    @Setting(help = "Passes over a rollout batch.", defaultValue = "1") int updatesPerBatch,
    @Setting(
            help = "Updates in a pass. Each takes its share of the batch's prompts.",
            defaultValue = "1")
        int minibatches,
    @Setting(help = "Weight of the entropy bonus.", defaultValue = "0") double entropyCoefficient,
    @Setting(
            help =
                "Leave out a batch's further updates once the KL from the old policy (k3), in nats"
                    + " per token, is above this.",
            defaultText = "off")
        Double maxStepKl,
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
                "Sample other prompts until no prompt of the step has completions of equal rewards,"
                    + " as far as the data has other prompts.",
            defaultValue = "false")
        boolean resampleUntilFull,
    @Setting(
            help =
                "Weighs each token by min(ratio, this), held constant: with --replay or"
                    + " --replay-buffer, and the cap of cispo.",
            defaultText = "off; for cispo 5; else 2 with --replay-buffer")
        Double maxRatio,
    @Setting(
            help =
                "Weighs each token that a behaviour policy sampled by min(old policy / behaviour"
                    + " policy, this), held constant.",
            defaultValue = "2")
        double maxBehaviourRatio) {

  private static final String CISPO_CAPS =
      "isn't for --loss cispo, which caps ratios by --max-ratio and clips none";

  /** Fills in what depends on the loss, and checks the ranges. */
  public GrpoSettings {
    boolean gspo = loss == GrpoLoss.GSPO;
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
              + " running-mean or none");
    }
    boolean clips = loss.clips();
    Limits.require(clips || clipLow == null, "clip-low", CISPO_CAPS);
    Limits.require(clips || clipHigh == null, "clip-high", CISPO_CAPS);
    clipLow = clipLow == null && clips ? Double.valueOf(gspo ? 3e-4 : 0.2) : clipLow;
    clipHigh = clipHigh == null && clips ? Double.valueOf(gspo ? 4e-4 : 0.2) : clipHigh;
    maxRatio = maxRatio == null && !clips ? Double.valueOf(5) : maxRatio;
    checkRange("clip-low", clipLow);
    checkRange("clip-high", clipHigh);
    checkRange("max-step-kl", maxStepKl);
    checkRange("max-ratio", maxRatio);
    Limits.positive("updates-per-batch", updatesPerBatch);
    Limits.positive("minibatches", minibatches);
    Limits.positive("max-behaviour-ratio", maxBehaviourRatio);
    Limits.notNegative("entropy-coefficient", entropyCoefficient);
    Limits.notNegative("resample-groups", resampleGroups);
    Limits.require(
        resampleGroups == 0 || !resampleUntilFull,
        "resample-groups",
        "must be 0 with --resample-until-full, which has no bound");
    Limits.require(
        !advantagePerReward || advantage.needsOthers(),
        "advantage-per-reward",
        "is for --advantage group, mean-only or leave-one-out");
  }

  /**
   * How rewards become advantages, at the start of a run.
   *
   * @param rewardWeights the weight of each part of the reward, by name; only parts that have
   *     advantages of their own need them
   */
  Advantages advantages(Map<String, Double> rewardWeights) {
    Advantages ofGroup = advantage.start();
    return advantageScale.of(
        advantagePerReward ? new PartAdvantages(rewardWeights, ofGroup) : ofGroup);
  }

  /** Prompts that a step may sample in place of groups of equal rewards. */
  int resampled() {
    return resampleUntilFull ? Integer.MAX_VALUE : resampleGroups;
  }

  private static void checkRange(String name, Double value) {
    if (value != null) {
      Limits.positive(name, value);
    }
  }
}
