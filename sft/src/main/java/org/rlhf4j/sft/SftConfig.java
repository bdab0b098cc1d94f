package org.rlhf4j.sft;

import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.data.BatchSettings;
import org.rlhf4j.data.DataSettings;
import org.rlhf4j.data.HeldOutSettings;
import org.rlhf4j.data.WeightSettings;
import org.rlhf4j.data.split.SplitFiles;
import org.rlhf4j.data.token.TrainedPart;
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
 * What supervised fine-tuning takes.
 *
 * @param model the model to start from
 * @param data the demonstrations
 * @param weights how often an epoch takes the rows of each file
 * @param trainOn the parts of a demonstration that are trained on
 * @param cutTurns whether a dialogue that is too long ends with the last turn that fits
 * @param heldOut the rows to evaluate on
 * @param evaluation when to evaluate, and what follows from it
 * @param run where the run is written
 * @param batch rows per step
 * @param loop length, checkpoints and micro-batches
 * @param optimizer AdamW and its learning rate
 * @param lora the adapter to train instead of all weights
 * @param machine device, threads and seed
 * @param spark whether other processes compute
 */
@SettingsGroup("Data")
public record SftConfig(
    @Setting(
            help = "Model to start from: a model folder, a run or a hub id.",
            required = true,
            model = true)
        Path model,
    DataSettings data,
    WeightSettings weights,
    @Setting(
            help =
                "Parts that are trained on: completion, or prompt,completion. A text row is always"
                    + " trained on as a whole.",
            defaultValue = "completion")
        List<TrainedPart> trainOn,
    @Setting(
            help =
                "End a dialogue of messages that is longer than --max-length with the last turn of"
                    + " the assistant's that fits. Otherwise its prompt is cut, or it is dropped.",
            defaultValue = "false")
        boolean cutTurns,
    HeldOutSettings heldOut,
    EvaluationSettings evaluation,
    RunSettings run,
    BatchSettings batch,
    LoopSettings loop,
    @Defaults("learning-rate=2e-5") OptimizerSettings optimizer,
    LoraSettings lora,
    MachineSettings machine,
    SparkSettings spark) {

  /** Checks what is trained on. */
  public SftConfig {
    Limits.require(
        trainOn.contains(TrainedPart.COMPLETION),
        "train-on",
        "must name the completion: completion, or prompt,completion");
    trainOn = List.copyOf(trainOn);
    spark.requireNoDropout(lora);
  }

  /** The files of the run. */
  SplitFiles files() {
    return data.rows().split(weights.dataWeights(), heldOut);
  }

  /** This configuration with what follows from the model and the machine filled in. */
  SftConfig resolved(RunDirectory directory, Dimensions dimensions) {
    return ConfigBuilder.copyOf(this)
        .with(DataSettings::maxLength, data.maxLengthOf(dimensions))
        .with(
            LoopSettings::microBatchTokens,
            MemoryPlan.microBatchTokens(loop, directory, dimensions))
        .build();
  }
}
