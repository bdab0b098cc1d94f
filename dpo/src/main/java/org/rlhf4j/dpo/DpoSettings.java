package org.rlhf4j.dpo;

import java.util.List;
import org.rlhf4j.data.token.TrainedPart;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * The loss and its numbers.
 *
 * @param loss what is minimized
 * @param beta β, or null for what suits the loss
 * @param referenceFree whether the reference is taken to find all completions equally likely
 * @param labelSmoothing ε, the share of labels that are wrong
 * @param smoothing what is made of ε
 * @param targetMargin γ of simpo, or null
 * @param trainOn orpo: the parts whose likelihood is in the loss
 */
@SettingsGroup("Loss")
public record DpoSettings(
    @Setting(help = "Loss of a pair.", defaultValue = "sigmoid") DpoLoss loss,
    @Setting(
            help =
                "Beta: how closely the policy keeps to its reference. simpo: the scale of the"
                    + " difference. orpo: the weight of the odds ratio.",
            defaultText = "0.1; for simpo 2")
        Double beta,
    @Setting(
            help = "Leave the reference out: all completions are equally likely to it.",
            defaultValue = "false")
        boolean referenceFree,
    @Setting(
            help = "Share of the labels that are taken to be wrong, below 0.5. sigmoid, simpo.",
            defaultValue = "0")
        double labelSmoothing,
    @Setting(
            help =
                "What label smoothing does: conservative holds the policy back, robust makes up for"
                    + " the wrong labels.",
            defaultValue = "conservative")
        Smoothing smoothing,
    @Setting(
            help = "simpo: gamma, how far the better completion should be ahead.",
            defaultText = "1 for simpo")
        Double targetMargin,
    @Setting(
            help =
                "orpo: parts whose likelihood is in the loss: completion, or prompt,completion as in"
                    + " TRL.",
            defaultValue = "completion")
        List<TrainedPart> trainOn) {

  private static final double TARGET_MARGIN = 1;

  /** Fills in what depends on the loss, and checks the ranges. */
  public DpoSettings {
    beta = beta == null ? Double.valueOf(loss.defaultBeta()) : beta;
    Limits.positive("beta", beta);
    Limits.require(
        labelSmoothing >= 0 && labelSmoothing < 0.5,
        "label-smoothing",
        "must be at least 0 and below 0.5: with half of the labels wrong there is nothing to learn");
    Limits.require(
        labelSmoothing == 0 || loss.isSmoothed(),
        "label-smoothing",
        "is of --loss sigmoid and simpo; leave it out");
    Limits.require(
        labelSmoothing > 0 || smoothing == Smoothing.CONSERVATIVE,
        "smoothing",
        "needs the share of wrong labels; give --label-smoothing");
    Limits.require(
        targetMargin == null || loss == DpoLoss.SIMPO,
        "target-margin",
        "is of --loss simpo; leave it out");
    if (loss == DpoLoss.SIMPO) {
      targetMargin = targetMargin == null ? Double.valueOf(TARGET_MARGIN) : targetMargin;
      Limits.notNegative("target-margin", targetMargin);
    }
    Limits.require(
        trainOn.contains(TrainedPart.COMPLETION),
        "train-on",
        "must name the completion: completion, or prompt,completion");
    Limits.require(
        trainOn.size() == 1 || loss.hasLikelihood(),
        "train-on",
        "prompt,completion is of --loss orpo; leave it out");
    trainOn = List.copyOf(trainOn);
  }

  /** Whether the loss depends on a reference. */
  public boolean hasReference() {
    return loss.hasReference() && !referenceFree;
  }

  /** The {@link ImplicitRewards} of log π(y), log π_ref(y) and |y|: all are [C]. */
  float[] rewards(float[] logprobs, float[] refLogprobs, float[] lengths) {
    return ImplicitRewards.of(logprobs, refLogprobs, lengths, beta, !loss.hasReference());
  }

  /** Whether the likelihood of prompts is in the loss. */
  boolean trainsOnPrompt() {
    return trainOn.contains(TrainedPart.PROMPT);
  }
}
