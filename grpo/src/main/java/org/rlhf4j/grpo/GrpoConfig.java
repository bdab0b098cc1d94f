package org.rlhf4j.grpo;

import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.rollout.Recomputed;
import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.settings.Defaults;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.LoraSettings;
import org.rlhf4j.training.MemoryPlan;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.run.RunSettings;
import org.rlhf4j.training.slice.SparkSettings;

/**
 * What improving a policy by GRPO takes.
 *
 * @param rollouts where rollouts come from
 * @param run where the run is written
 * @param grpo the algorithm's
 * @param kl how the policy is held to the reference
 * @param loop how long
 * @param optimizer how weights are updated
 * @param lora the adapter to train instead of all weights
 * @param machine device, threads, seed
 * @param spark whether other processes compute
 */
public record GrpoConfig(
    @Defaults("prompts-per-step=8") RolloutSettings rollouts,
    RunSettings run,
    GrpoSettings grpo,
    @Defaults({"kl-coefficient=0.04", "kl-estimator=k3", "kl-in=loss"}) KlSettings kl,
    LoopSettings loop,
    @Defaults("learning-rate=1e-6") OptimizerSettings optimizer,
    LoraSettings lora,
    MachineSettings machine,
    SparkSettings spark) {

  /** The most that a token weighs where a replay buffer brings old ones. */
  private static final double MAX_RATIO_REPLAYED = 2;

  /** Fills in and checks what depends on several groups. */
  public GrpoConfig {
    lora.requireNoDropout();
    Limits.require(
        !rollouts.recompute().contains(Recomputed.VALUES),
        "recompute",
        "has no values to compute in grpo, which has no critic");
    Limits.require(
        rollouts.learnsFromOld() || grpo.maxRatio() == null || !grpo.loss().clips(),
        "max-ratio",
        "is for --replay, --replay-buffer and --loss cispo: what the policy has just sampled is"
            + " near 1 by itself");
    if (rollouts.buffer().isAsked() && grpo.maxRatio() == null) {
      grpo = ConfigBuilder.copyOf(grpo).with(GrpoSettings::maxRatio, MAX_RATIO_REPLAYED).build();
    }
    Limits.require(
        rollouts.replay() != null || grpo.minibatches() <= rollouts.promptsPerStep(),
        "minibatches",
        "must be at most --prompts-per-step: an update takes whole groups");
    requireWeighable(rollouts, grpo, kl);
    if (spark.isAsked()) {
      rollouts.requireSliceable();
      kl.requireSliceable();
    }
  }

  /** Advantages of each reward need rewards, and nothing in the sum that isn't one of them. */
  private static void requireWeighable(RolloutSettings rollouts, GrpoSettings grpo, KlSettings kl) {
    if (!grpo.advantagePerReward()) {
      return;
    }
    String name = "advantage-per-reward";
    boolean penalties = rollouts.missingEosPenalty() != 0 || rollouts.overlongPenalty() != 0;
    boolean klInReward = kl.klIn() == KlSettings.KlIn.REWARD && kl.klCoefficient() != 0;
    boolean areParts =
        rollouts.rewardModels().areSeveral() && !rollouts.rewardModels().areEnsemble();
    Limits.require(
        !rollouts.reward().isEmpty() || areParts,
        name,
        "needs --reward, or the sum of several --reward-model");
    Limits.require(
        !penalties && !klInReward,
        name,
        "takes no penalties and no --kl-in reward, which belong to no reward; use --reward"
            + " length-penalty and --kl-in loss");
  }

  /** This configuration with what follows from the model and the machine filled in. */
  GrpoConfig resolved(RunDirectory directory, Dimensions dimensions) {
    return ConfigBuilder.copyOf(this)
        .with(RolloutSettings::maxLength, rollouts.maxLengthOf(dimensions))
        .with(
            LoopSettings::microBatchTokens,
            MemoryPlan.microBatchTokens(loop, directory, dimensions))
        .build();
  }
}
