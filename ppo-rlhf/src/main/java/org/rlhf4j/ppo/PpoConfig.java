package org.rlhf4j.ppo;

import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.settings.Defaults;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.PrecisionChoice;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.LoraSettings;
import org.rlhf4j.training.MemoryPlan;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.run.RunSettings;
import org.rlhf4j.training.slice.SparkSettings;

/**
 * What improving a policy by PPO takes.
 *
 * @param rollouts where rollouts come from
 * @param run where the run is written
 * @param ppo the algorithm's
 * @param pretraining rows that it goes on to model
 * @param kl how the policy is held to the reference
 * @param loop how long
 * @param optimizer how weights are updated
 * @param lora the adapter to train instead of all weights
 * @param machine device, threads, seed
 * @param spark whether other processes compute
 */
public record PpoConfig(
    @Defaults("missing-eos-penalty=1") RolloutSettings rollouts,
    RunSettings run,
    PpoSettings ppo,
    PretrainingSettings pretraining,
    KlSettings kl,
    LoopSettings loop,
    @Defaults("learning-rate=1e-6") OptimizerSettings optimizer,
    LoraSettings lora,
    MachineSettings machine,
    SparkSettings spark) {

  /** The most that a token weighs where a replay buffer brings old ones. */
  private static final double MAX_RATIO_REPLAYED = 2;

  /** Fills in and checks what depends on several groups. */
  public PpoConfig {
    lora.requireNoDropout();
    boolean replays = rollouts.replay() != null;
    if (replays && ppo.critic() == Critic.Kind.SEPARATE && ppo.valueModel() == null) {
      throw new UsageException(
          "--value-model is missing: with --replay, name the model that the critic starts from");
    }
    Limits.require(
        rollouts.learnsFromOld() || ppo.maxRatio() == null,
        "max-ratio",
        "is for --replay and --replay-buffer: what the policy has just sampled is near 1 by itself");
    if (rollouts.buffer().isAsked() && ppo.maxRatio() == null) {
      ppo = ConfigBuilder.copyOf(ppo).with(PpoSettings::maxRatio, MAX_RATIO_REPLAYED).build();
    }
    Limits.require(
        ppo.objective().takesMinibatches() || kl.klIn() == KlSettings.KlIn.REWARD,
        "kl-in",
        "must be reward with --objective trust-region");
    Limits.require(
        ppo.objective().takesMinibatches() || !pretraining.isAsked(),
        "pretraining-data",
        "isn't for --objective trust-region, whose step is that of its own loss alone");
    if (!ppo.objective().takesMinibatches() && machine.precision() == PrecisionChoice.AUTO) {
      machine = machine.with(PrecisionChoice.FP32);
    }
    Limits.require(
        ppo.objective().takesMinibatches() || machine.format() == Precision.FP32,
        "precision",
        "must be fp32 with --objective trust-region: it takes differences of gradients at weights"
            + " that bf16 can't tell apart");
    if (spark.isAsked()) {
      rollouts.requireSliceable();
      kl.requireSliceable();
      Limits.require(
          !ppo.objective().hasStepTarget(),
          "objective",
          "must be clip or vanilla with --spark: the others look at the old policy's whole"
              + " distribution");
      Limits.require(!pretraining.isAsked(), "pretraining-data", "can't be together with --spark");
    }
  }

  /** This configuration with what follows from the model and the machine filled in. */
  PpoConfig resolved(RunDirectory directory, Dimensions dimensions) {
    return ConfigBuilder.copyOf(this)
        .with(RolloutSettings::maxLength, rollouts.maxLengthOf(dimensions))
        .with(
            LoopSettings::microBatchTokens,
            MemoryPlan.microBatchTokens(loop, directory, dimensions))
        .build();
  }
}
