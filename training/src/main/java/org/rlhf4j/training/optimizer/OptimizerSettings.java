package org.rlhf4j.training.optimizer;

import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.settings.Limits;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.SettingsGroup;

/**
 * AdamW and its learning rate. The defaults are PyTorch's, but for the weight decay (0 here) and
 * the learning rate, for which each stage has its own ({@code @Defaults("learning-rate=1e-6")}).
 *
 * @param learningRate the rate at the end of the warm-up
 * @param schedule how the rate goes on from there
 * @param warmupSteps steps in which the rate rises from 0
 * @param weightDecay λ of AdamW, for every weight
 * @param adamBeta1 how much of the running mean of gradients stays
 * @param adamBeta2 how much of the running mean of squared gradients stays
 * @param adamEpsilon added to AdamW's denominator
 * @param maxGradNorm the largest norm of all gradients together; 0: no clipping
 */
@SettingsGroup("Optimizer")
public record OptimizerSettings(
    @Setting(help = "Learning rate at the end of the warm-up.", defaultValue = "2e-5")
        double learningRate,
    @Setting(help = "Course of the learning rate after the warm-up.", defaultValue = "linear")
        Schedule schedule,
    @Setting(help = "Steps in which the learning rate rises from 0.", defaultValue = "0")
        int warmupSteps,
    @Setting(help = "Decay of AdamW, applied to every weight.", defaultValue = "0")
        double weightDecay,
    @Setting(help = "Decay of AdamW's mean of gradients.", defaultValue = "0.9") double adamBeta1,
    @Setting(help = "Decay of AdamW's mean of squared gradients.", defaultValue = "0.999")
        double adamBeta2,
    @Setting(help = "Added to AdamW's denominator.", defaultValue = "1e-8") double adamEpsilon,
    @Setting(
            help =
                "Largest norm of all gradients together. A larger gradient is scaled down. 0 turns"
                    + " this off.",
            defaultValue = "1")
        double maxGradNorm) {

  /** Checks the ranges. */
  public OptimizerSettings {
    Limits.notNegative("learning-rate", learningRate);
    Limits.notNegative("warmup-steps", warmupSteps);
    Limits.notNegative("weight-decay", weightDecay);
    Limits.fraction("adam-beta1", adamBeta1);
    Limits.fraction("adam-beta2", adamBeta2);
    Limits.notNegative("adam-epsilon", adamEpsilon);
    Limits.notNegative("max-grad-norm", maxGradNorm);
  }

  /**
   * An optimizer with these settings.
   *
   * @param parameters the weights, trainable
   * @return a new optimizer, to be closed before the weights are
   */
  public AdamW adamW(Parameters parameters) {
    return new AdamW(parameters, adamBeta1, adamBeta2, adamEpsilon, weightDecay);
  }

  /**
   * The learning rates of a run.
   *
   * @param steps its steps
   * @return the schedule
   */
  public LearningRateSchedule scheduleOver(int steps) {
    return scheduleOver(learningRate, steps);
  }

  /**
   * The learning rates of a run for a network that has a rate of its own, such as a critic.
   *
   * @param rate its rate at the end of the warm-up
   * @param steps steps of the run
   * @return the schedule, of the same shape and warm-up
   */
  public LearningRateSchedule scheduleOver(double rate, int steps) {
    return new LearningRateSchedule(schedule, rate, warmupSteps, steps);
  }
}
