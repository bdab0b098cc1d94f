package org.rlhf4j.training.health;

import java.util.List;
import java.util.OptionalDouble;

/**
 * The checks on what every stage measures: its gradient and its held-out loss. The thresholds are
 * rules of thumb, chosen so that a run that learns well sets none of them off.
 */
public final class TrainingHealth {

  /** Not finite, or fifty times the median of the steps before. */
  public static final HealthCheck GRADIENT_HUGE =
      new HealthCheck(
          "gradient-huge",
          history -> {
            OptionalDouble last = history.last("grad_norm");
            OptionalDouble usual = history.medianBeforeLast("grad_norm", 50);
            boolean broken = last.isPresent() && !Double.isFinite(last.getAsDouble());
            boolean huge = usual.isPresent() && last.getAsDouble() > 50 * usual.getAsDouble();
            return broken || (huge && usual.getAsDouble() > 0);
          },
          history ->
              HealthCheck.text("the gradient is huge (grad_norm %.3g)", history.last("grad_norm")),
          "lower --learning-rate or --max-grad-norm, and look for odd rows in the data");

  /** By a twentieth of its least. */
  public static final HealthCheck HELD_OUT_LOSS_RISES =
      new HealthCheck(
          "held-out-loss-rises",
          history -> {
            OptionalDouble least = history.leastBeforeLast("eval_loss");
            return least.isPresent()
                && history.last("eval_loss").getAsDouble() > 1.05 * least.getAsDouble();
          },
          history ->
              HealthCheck.text(
                  "the held-out loss rises again (from %.4g to %.4g)",
                  history.leastBeforeLast("eval_loss"), history.last("eval_loss")),
          "write the best model with --keep-best, train for fewer --steps, or lower"
              + " --learning-rate");

  /** All of these. */
  public static final List<HealthCheck> CHECKS = List.of(GRADIENT_HUGE, HELD_OUT_LOSS_RISES);

  private TrainingHealth() {}
}
