package org.rlhf4j.rollout;

import org.rlhf4j.data.HeldOutSettings;
import org.rlhf4j.settings.Defaults;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.training.EvaluationSettings;
import org.rlhf4j.training.HeldOutGoal;

/**
 * The prompts that a policy isn't trained on but compared with its reference on.
 *
 * @param heldOut which they are
 * @param evalPrompts how many of them an evaluation takes at most
 * @param evaluation when to evaluate, and what follows from it
 * @param maxEvalKl the most eval_kl that the best evaluation may have, or null
 */
@SettingsGroup("Evaluation")
public record HeldOutPromptSettings(
    @Defaults("eval-fraction=0") HeldOutSettings heldOut,
    @Setting(
            help =
                "Most held-out prompts of an evaluation. Policy and reference complete each of them"
                    + " once, with the same random numbers.",
            defaultValue = "128")
        int evalPrompts,
    EvaluationSettings evaluation,
    @Setting(
            help =
                "With --keep-best or --patience: the best evaluation has at most this eval_kl, in"
                    + " nats per completion.",
            defaultText = "any",
            resumable = true)
        Double maxEvalKl) {

  /** Checks the ranges. */
  public HeldOutPromptSettings {
    Limits.require(evalPrompts >= 2, "eval-prompts", "must be at least 2, to tell a difference");
    if (maxEvalKl != null) {
      Limits.positive("max-eval-kl", maxEvalKl);
      Limits.require(
          evaluation.keepBest() || evaluation.patience() != null,
          "max-eval-kl",
          "is for --keep-best and --patience");
    }
  }

  /** Whether anything is held out, or is to follow from it. */
  public boolean isAsked() {
    return !heldOut.evalData().isEmpty()
        || heldOut.evalFraction() > 0
        || evaluation.keepBest()
        || evaluation.patience() != null;
  }

  /** The largest held-out reward within the bound. */
  public HeldOutGoal goal() {
    return new HeldOutGoal(
        "eval_reward",
        "held-out reward",
        true,
        maxEvalKl == null ? null : "eval_kl",
        maxEvalKl == null ? Double.POSITIVE_INFINITY : maxEvalKl);
  }

  /**
   * Stops where something is held out that there are too few of to compare on, or where something
   * is to follow from it and there is nothing.
   *
   * @param prompts how many are held out
   */
  public void require(int prompts) {
    evaluation.require(prompts);
    if (prompts == 1) {
      throw new UsageException(
          "one held-out prompt is too few for a comparison; give more --eval-data, a larger"
              + " --eval-fraction, or neither");
    }
  }
}
