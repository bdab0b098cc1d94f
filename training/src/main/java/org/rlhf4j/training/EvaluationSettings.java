package org.rlhf4j.training;

import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;
import org.rlhf4j.settings.UsageException;

/**
 * When a stage is evaluated on its held-out rows, and what follows from that.
 *
 * @param evalEvery steps from one evaluation to the next, or null for those of the checkpoints
 * @param keepBest whether the model is that of the best evaluation
 * @param patience how many evaluations in a row may bring nothing better, or null for any number
 */
@SettingsGroup("Evaluation")
public record EvaluationSettings(
    @Setting(
            help =
                "Steps from one evaluation on the held-out rows to the next. The last step is"
                    + " always evaluated.",
            defaultText = "--checkpoint-every")
        Integer evalEvery,
    @Setting(
            help =
                "Write the model of the best evaluation instead of the last step. The best has the"
                    + " least held-out loss (sft, reward) or the largest held-out reward (ppo,"
                    + " grpo).",
            defaultValue = "false",
            resumable = true)
        boolean keepBest,
    @Setting(
            help = "Stop after this many evaluations in a row without a new best one.",
            defaultText = "never")
        Integer patience) {

  /** Evaluated at checkpoints, nothing follows. */
  public static final EvaluationSettings AT_CHECKPOINTS = new EvaluationSettings(null, false, null);

  /** Checks the ranges. */
  public EvaluationSettings {
    if (evalEvery != null) {
      Limits.positive("eval-every", evalEvery);
    }
    if (patience != null) {
      Limits.positive("patience", patience);
    }
  }

  /**
   * Stops where something is to follow from held-out rows and there are none.
   *
   * @param heldOutRows how many there are
   */
  public void require(int heldOutRows) {
    if (heldOutRows == 0 && (keepBest || patience != null)) {
      throw new UsageException(
          (keepBest ? "--keep-best" : "--patience")
              + " needs held-out rows, but there are none; give --eval-data or a larger"
              + " --eval-fraction");
    }
  }
}
