package org.rlhf4j.training.optimizer;

/**
 * The learning rate of each step: a linear warm-up from 0, then constant, or down to 0 on a line or
 * half a cosine. The convention is that of PyTorch's {@code LambdaLR} with the functions of Hugging
 * Face transformers: step s, counted from 1, uses factor(s − 1), so the first step of a warm-up has
 * rate 0 and the last step of a decay hasn't reached 0 yet. With w warm-up steps, n steps in all:
 *
 * <pre>
 *   factor(t) = t / w                             for t &lt; w
 *   constant:   1
 *   linear:     (n − t) / (n − w)
 *   cosine:     ½ (1 + cos(π (t − w) / (n − w)))
 * </pre>
 *
 * Beyond n the factor is 0 (constant: 1).
 *
 * @param shape how the rate goes on after the warm-up
 * @param learningRate the rate at the end of the warm-up, not negative
 * @param warmupSteps steps of warm-up, not negative
 * @param steps steps of the run, at least 1
 */
public record LearningRateSchedule(
    Schedule shape, double learningRate, int warmupSteps, int steps) {

  /** Checks the ranges. */
  public LearningRateSchedule {
    if (!(learningRate >= 0) || warmupSteps < 0 || steps < 1) {
      throw new IllegalArgumentException(
          "learning rate " + learningRate + ", warm-up " + warmupSteps + ", steps " + steps);
    }
  }

  /**
   * The learning rate of a step.
   *
   * @param step the step, from 1
   * @return the rate that its update uses
   */
  public double at(int step) {
    if (step < 1) {
      throw new IllegalArgumentException("steps count from 1, not " + step);
    }
    return learningRate * factor(step - 1);
  }

  private double factor(int t) {
    if (t < warmupSteps) {
      return (double) t / warmupSteps;
    }
    double decaySteps = Math.max(1, steps - warmupSteps);
    return switch (shape) {
      case CONSTANT -> 1;
      case LINEAR -> Math.max(0, steps - t) / decaySteps;
      case COSINE -> 0.5 * (1 + Math.cos(Math.PI * Math.min(1, (t - warmupSteps) / decaySteps)));
    };
  }
}
