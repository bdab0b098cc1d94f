package org.rlhf4j.dpo;

import java.nio.file.Path;
import org.rlhf4j.data.BatchSettings;
import org.rlhf4j.data.DataSettings;
import org.rlhf4j.data.HeldOutSettings;
import org.rlhf4j.data.WeightSettings;
import org.rlhf4j.data.split.SplitFiles;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.settings.Defaults;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;
import org.rlhf4j.training.EvaluationSettings;
import org.rlhf4j.training.LoopSettings;
import org.rlhf4j.training.LoraSettings;
import org.rlhf4j.training.MemoryPlan;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.run.RunSettings;
import org.rlhf4j.training.slice.SparkSettings;

/**
 * What direct preference optimisation takes.
 *
 * @param model the policy to start from
 * @param referenceModel the reference, or null for the policy as it begins
 * @param data the comparisons
 * @param weights how often an epoch takes the rows of each file
 * @param heldOut the rows to evaluate on
 * @param evaluation when to evaluate, and what follows from it
 * @param dpo the loss
 * @param run where the run is written
 * @param batch comparisons per step
 * @param loop length, checkpoints and micro-batches
 * @param optimizer AdamW and its learning rate
 * @param lora the adapter to train instead of all weights
 * @param machine device, threads and seed
 * @param spark whether other processes compute
 */
@SettingsGroup("Data")
public record DpoConfig(
    @Setting(
            help =
                "Policy to start from: a model folder, a run or a hub id. Usually a fine-tuned"
                    + " model.",
            required = true,
            model = true)
        Path model,
    @Setting(
            help = "Reference: a model folder, a run or a hub id, with the policy's tokenizer.",
            defaultText = "the policy as it begins",
            model = true)
        Path referenceModel,
    DataSettings data,
    WeightSettings weights,
    HeldOutSettings heldOut,
    EvaluationSettings evaluation,
    DpoSettings dpo,
    RunSettings run,
    BatchSettings batch,
    LoopSettings loop,
    @Defaults("learning-rate=1e-6") OptimizerSettings optimizer,
    LoraSettings lora,
    MachineSettings machine,
    SparkSettings spark) {

  /** Checks that a reference isn't given in vain. */
  public DpoConfig {
    Limits.require(
        referenceModel == null || dpo.hasReference(),
        "reference-model",
        "is of no use: --loss simpo and orpo, and --reference-free, have no reference; leave it out");
    spark.requireNoDropout(lora);
  }

  /** The files of the run. */
  SplitFiles files() {
    return data.rows().split(weights.dataWeights(), heldOut);
  }

  /** This configuration with what follows from the model and the machine filled in. */
  DpoConfig resolved(RunDirectory directory, Dimensions dimensions) {
    return ConfigBuilder.copyOf(this)
        .with(DataSettings::maxLength, data.maxLengthOf(dimensions))
        .with(
            LoopSettings::microBatchTokens,
            MemoryPlan.microBatchTokens(loop, directory, dimensions))
        .build();
  }
}
