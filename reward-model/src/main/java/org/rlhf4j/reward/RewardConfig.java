package org.rlhf4j.reward;

import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.data.BatchSettings;
import org.rlhf4j.data.DataSettings;
import org.rlhf4j.data.HeldOutSettings;
import org.rlhf4j.data.WeightSettings;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.RowKind;
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
 * What training a reward model takes.
 *
 * @param model the model to start from
 * @param freezeBackbone whether the score head alone is trained
 * @param data the comparisons
 * @param weights how often an epoch takes the rows of each file
 * @param marginColumn the field with a row's margin, or null for {@code margin} where a row has it
 * @param heldOut the rows to evaluate on
 * @param evaluation when to evaluate, and what follows from it
 * @param centerCoefficient the loss's centring coefficient
 * @param lengthDebias whether what scores owe to length is taken out after training
 * @param normalizeOn files of rows whose completions' scores go into the manifest as mean and
 *     deviation; empty: the held-out rows
 * @param run where the run is written
 * @param batch comparisons per step
 * @param loop length, checkpoints and micro-batches
 * @param optimizer AdamW and its learning rate
 * @param lora the adapter to train, with the head, instead of all weights
 * @param machine device, threads and seed
 * @param spark whether other processes compute
 */
@SettingsGroup("Data")
public record RewardConfig(
    @Setting(
            help =
                "Model to start from: a model folder, a run or a hub id. If it has a score head,"
                    + " the head is kept.",
            required = true,
            model = true)
        Path model,
    @Setting(
            help =
                "Train only the score head. All other weights stay as they are. This needs a larger"
                    + " --learning-rate, such as 1e-3.",
            defaultValue = "false")
        boolean freezeBackbone,
    DataSettings data,
    WeightSettings weights,
    @Setting(
            help =
                "Field with the margin: how much larger the chosen score should be than the"
                    + " rejected one.",
            defaultText = "margin, if a row has it")
        String marginColumn,
    HeldOutSettings heldOut,
    EvaluationSettings evaluation,
    @Setting(
            help =
                "Weight of (chosen score + rejected score)² in the loss. It keeps scores around 0.",
            defaultValue = "0",
            group = "Loss")
        double centerCoefficient,
    @Setting(
            help =
                "After training, fit how scores depend on the completion's length over the training"
                    + " pairs, and take it out.",
            defaultValue = "false",
            group = "Length")
        boolean lengthDebias,
    @Setting(
            help =
                "File of rows for score_mean and score_deviation in rlhf.json. The scores of their"
                    + " completions count; of a comparison, the best completion's."
                    + " --normalize-reward makes this mean 0 and this deviation 1.",
            defaultText = "the best completions of the held-out rows",
            group = "Normalization")
        List<Path> normalizeOn,
    RunSettings run,
    BatchSettings batch,
    LoopSettings loop,
    @Defaults("learning-rate=1e-5") OptimizerSettings optimizer,
    LoraSettings lora,
    MachineSettings machine,
    SparkSettings spark) {

  /** Checks the range. */
  public RewardConfig {
    Limits.notNegative("center-coefficient", centerCoefficient);
    Limits.require(
        !freezeBackbone || lora.loraRank() == 0,
        "freeze-backbone",
        "trains the head alone; leave out --lora-rank");
    Limits.require(
        !freezeBackbone || !loop.gradientCheckpointing(),
        "freeze-backbone",
        "sends nothing back through the layers; leave out --gradient-checkpointing");
    Limits.require(
        !freezeBackbone || !spark.isAsked(),
        "freeze-backbone",
        "trains the head alone, which is too little to share; leave out --spark");
    spark.requireNoDropout(lora);
    normalizeOn = List.copyOf(normalizeOn);
  }

  /** The files of the run. */
  SplitFiles files() {
    return data.rows().split(weights.dataWeights(), heldOut);
  }

  /** The files whose completions' scores go into the manifest as mean and deviation. */
  RowFiles normalizeOnFiles() {
    return data.rows().files().rowFiles(normalizeOn);
  }

  /** What is wanted of each row. */
  RowKind<Comparison> rowKind() {
    return RowKind.comparisons(marginColumn, List.of());
  }

  /** This configuration with what follows from the model and the machine filled in. */
  RewardConfig resolved(RunDirectory directory, Dimensions dimensions) {
    return ConfigBuilder.copyOf(this)
        .with(DataSettings::maxLength, data.maxLengthOf(dimensions))
        .with(
            LoopSettings::microBatchTokens,
            MemoryPlan.microBatchTokens(loop, directory, dimensions))
        .build();
  }
}
