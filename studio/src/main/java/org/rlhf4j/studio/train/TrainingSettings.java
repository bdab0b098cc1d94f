package org.rlhf4j.studio.train;

import java.nio.file.Path;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * What a training that begins on the page takes if nobody says otherwise there.
 *
 * @param epochs passes over the labels
 * @param learningRate the greatest learning rate
 * @param batchSize rows of a step
 * @param keptShare share of the prompts whose labels are kept back to judge the reward model
 * @param judgeData labelled rows to judge every reward model on, or null for those kept back
 */
@SettingsGroup("Training")
public record TrainingSettings(
    @Setting(
            name = "train-epochs",
            help = "Passes over the labels of a training on the page.",
            defaultValue = "3")
        int epochs,
    @Setting(
            name = "train-learning-rate",
            help = "Learning rate of a training on the page.",
            defaultValue = "1e-5")
        double learningRate,
    @Setting(
            name = "train-batch-size",
            help = "Rows of a step of a training on the page.",
            defaultValue = "16")
        int batchSize,
    @Setting(
            help =
                "Share of the prompts that no training on the page learns from and no reward model"
                    + " chooses, so that they judge all reward models fairly. A hash of the prompt"
                    + " decides which.",
            defaultValue = "0.2")
        double keptShare,
    @Setting(
            help =
                "File of labelled comparisons on which every reward model that is trained on the"
                    + " page is judged.",
            defaultText = "the labels that are kept back")
        Path judgeData) {

  /** What holds if nothing is set. */
  public static final TrainingSettings USUAL = new TrainingSettings(3, 1e-5, 16, 0.2, null);

  /** Checks the ranges. */
  public TrainingSettings {
    Limits.positive("train-epochs", epochs);
    Limits.positive("train-learning-rate", learningRate);
    Limits.positive("train-batch-size", batchSize);
    Limits.fraction("kept-share", keptShare);
  }
}
