package org.rlhf4j.rollout;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.data.DataSettings;
import org.rlhf4j.data.RowSettings;
import org.rlhf4j.data.WeightSettings;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.split.SplitFiles;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.rollout.program.WeightedProgram;
import org.rlhf4j.rollout.server.RolloutServerSettings;
import org.rlhf4j.settings.Defaults;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;
import org.rlhf4j.settings.UsageException;

/**
 * Where rollouts come from and how they are judged: what ppo and grpo have in common.
 *
 * @param model the policy to improve
 * @param referenceModel the frozen reference, or null for a copy of the policy
 * @param rewardModels what scores completions; none where programs do alone or when replaying
 * @param reward programs that score completions, added up
 * @param rewardTimeout seconds that a command among them may keep silent
 * @param normalizeReward whether what is learnt from is the score less the mean, over the
 *     deviation, that the reward model's manifest has; of several, each model's before they are one
 * @param rows the rows whose prompts are sampled from; no files where a rollout file is replayed
 * @param weights how often an epoch takes the prompts of each file
 * @param maxLength the most tokens of prompt and completion, or null
 * @param maxDropped the largest share of rows that may be dropped
 * @param heldOut prompts to evaluate on
 * @param promptsPerStep prompts of one rollout batch
 * @param maxNewTokens the most tokens of a completion
 * @param rolloutPrecision the number format of sampling, or null for that of training
 * @param temperature of sampling and of all log-probabilities
 * @param missingEosPenalty subtracted from the score of a completion that was cut
 * @param overlongPenalty what a completion of the most tokens loses for its length; 0: off
 * @param overlongShare the share of the most tokens over which that rises from 0
 * @param replay a rollout file to train on instead of sampling, or null
 * @param recompute what a replay computes itself, whatever was recorded
 * @param buffer whether steps before are learnt from again
 * @param servers whether others than this process sample
 * @param skipProofs whether to go without the checks on the first rollout
 */
@SettingsGroup("Rollouts")
public record RolloutSettings(
    @Setting(
            help = "Policy to improve: a model folder, a run or a hub id.",
            required = true,
            model = true)
        Path model,
    @Setting(
            help = "Frozen reference model. The KL to it holds the policy.",
            defaultText = "a frozen copy of the model",
            model = true)
        Path referenceModel,
    RewardModelSettings rewardModels,
    @Setting(
            help =
                "Reward program, [WEIGHT*]NAME[:ARGUMENT]: exact-match, number-after:####, regex:…,"
                    + " format:think,answer, length-penalty:64-128, repetition-penalty,"
                    + " judge:MODEL?prompt=FILE, class:JAR#CLASS, command:…. The scores of several programs and of a reward"
                    + " model are added up.")
        List<WeightedProgram> reward,
    @Setting(help = "Seconds that a reward command may take for an answer.", defaultValue = "60")
        double rewardTimeout,
    @Setting(
            help =
                "Learn from (score - score_mean) / score_deviation, with the numbers of the reward"
                    + " model's rlhf.json. Metrics and files keep the raw score. Of several reward"
                    + " models each score is normalized before they become one.",
            defaultValue = "false")
        boolean normalizeReward,
    @Defaults("data=") RowSettings rows,
    WeightSettings weights,
    @Setting(
            help =
                "Most tokens of prompt and completion together. A prompt that is too long loses its"
                    + " beginning.",
            defaultText = "the model's positions, at most 1024")
        Integer maxLength,
    @Setting(
            help = "Stop if a larger share of the rows than this would be dropped.",
            defaultValue = "1")
        double maxDropped,
    HeldOutPromptSettings heldOut,
    @Setting(help = "Prompts in a rollout batch.", defaultValue = "32") int promptsPerStep,
    @Setting(help = "Most tokens of a completion.", defaultValue = "128") int maxNewTokens,
    @Setting(
            help =
                "Number format of sampling. If it isn't that of training, a copy of the policy"
                    + " samples as a behaviour policy. After a step in which the two are more than"
                    + " 0.05 nats a token apart, the policy itself samples.",
            defaultText = "that of training")
        Precision rolloutPrecision,
    @Setting(help = "Temperature of sampling and of all log-probabilities.", defaultValue = "1.0")
        double temperature,
    @Setting(
            help =
                "Penalty for a completion without EOS. It is subtracted from the score; metrics"
                    + " keep the raw score.",
            defaultValue = "0")
        double missingEosPenalty,
    @Setting(
            help =
                "Soft penalty for long completions: it rises from 0 to this over the last"
                    + " --overlong-share of --max-new-tokens, and is subtracted from the score;"
                    + " metrics keep the raw score. 0 turns it off.",
            defaultValue = "0")
        double overlongPenalty,
    @Setting(
            help = "Share of --max-new-tokens over which --overlong-penalty rises.",
            defaultValue = "0.2")
        double overlongShare,
    @Setting(
            help =
                "Train on the rollouts in this file instead of sampling. A step takes all lines"
                    + " with the same step number.")
        Path replay,
    @Setting(
            help =
                "With --replay: what is computed from the models as they stand, whatever was"
                    + " recorded. Recorded log-probabilities are those of a behaviour policy then.",
            defaultText = "what isn't recorded")
        List<Recomputed> recompute,
    ReplayBufferSettings buffer,
    RolloutServerSettings servers,
    @Setting(
            help =
                "Leave out the proofs on the first rollout: ratio 1, KL 0, batch split, padding,"
                    + " reward alone.",
            defaultValue = "false",
            resumable = true)
        boolean skipProofs) {

  /** Checks the ranges, and that there is something to sample and to judge by. */
  public RolloutSettings {
    Limits.positive("prompts-per-step", promptsPerStep);
    Limits.positive("max-new-tokens", maxNewTokens);
    Limits.positive("temperature", temperature);
    Limits.notNegative("overlong-penalty", overlongPenalty);
    Limits.positive("overlong-share", overlongShare);
    Limits.between("overlong-share", 0, 1, overlongShare);
    Limits.between("max-dropped", 0, 1, maxDropped);
    if (maxLength != null) {
      Limits.positive("max-length", maxLength);
    }
    if (replay == null && rows.files().data().isEmpty()) {
      throw new UsageException("--data is missing: name a file of rows with prompts, or --replay");
    }
    Limits.positive("reward-timeout", rewardTimeout);
    if (replay == null && rewardModels.isEmpty() && reward.isEmpty()) {
      throw new UsageException(
          "--reward-model or --reward is missing: name a reward model, a program, or --replay");
    }
    Limits.require(
        replay == null || rolloutPrecision == null,
        "rollout-precision",
        "is of sampling; with --replay nothing is sampled");
    Limits.require(
        !servers.isAsked() || rolloutPrecision == null,
        "rollout-precision",
        "is of sampling in this process; a rollout server has its own");
    Limits.require(replay != null || recompute.isEmpty(), "recompute", "is for --replay");
    Limits.require(
        replay == null || !buffer.isAsked(),
        "replay-buffer",
        "keeps what is sampled; with --replay the file says what is learnt from");
    Limits.require(
        replay == null || !servers.isAsked(),
        "rollout-server",
        "samples; with --replay the file has the completions");
    if (replay != null && heldOut.isAsked()) {
      throw new UsageException(
          "--eval-data, --eval-fraction, --keep-best and --patience need a reward, but --replay has"
              + " none; leave them out, and use 'rlhf compare' on the resulting model");
    }
    if (normalizeReward && rewardModels.isEmpty()) {
      throw new UsageException(
          "--normalize-reward needs --reward-model: it normalizes the scores of a reward model");
    }
    if (normalizeReward && !reward.isEmpty()) {
      throw new UsageException(
          "--normalize-reward only works without --reward; give the programs weights instead, as in"
              + " --reward 0.5*exact-match");
    }
  }

  /** Refuses what can't be computed in slices by other processes. */
  public void requireSliceable() {
    Limits.require(
        !servers.isAsked(), "spark", "samples on Spark's executors; leave out --rollout-server");
    Limits.require(replay == null, "spark", "samples; with --replay the file has the completions");
    Limits.require(
        rolloutPrecision == null,
        "rollout-precision",
        "can't be together with --spark: executors have no second copy of the policy");
  }

  /** A recorded rollout without what is to be computed itself. */
  public Rollout toReplay(Rollout recorded) {
    Rollout rollout = recorded;
    for (Recomputed one : recompute) {
      rollout = one.without(rollout);
    }
    return rollout;
  }

  /** Whether old completions are learnt from: recorded ones, or those of steps before. */
  public boolean learnsFromOld() {
    return replay != null || buffer.isAsked();
  }

  /** The files whose prompts are sampled from, and those of held-out ones. */
  public SplitFiles files() {
    return rows.split(weights.dataWeights(), heldOut.heldOut());
  }

  /** All files with prompts, those of held-out ones among them. */
  public RowFiles allFiles() {
    List<Path> all = new ArrayList<>(rows.files().data());
    all.addAll(heldOut.heldOut().evalData());
    return rows.files().rowFiles(all);
  }

  /**
   * The most tokens of prompt and completion for a model.
   *
   * @param dimensions the model's
   * @return tokens
   * @throws UsageException when more are asked for than the model has positions
   */
  public int maxLengthOf(Dimensions dimensions) {
    return DataSettings.longestRow(maxLength, dimensions);
  }
}
