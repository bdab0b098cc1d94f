package org.rlhf4j.training;

import java.util.Locale;
import java.util.OptionalDouble;
import org.rlhf4j.training.run.Metrics;

/**
 * By what evaluations on held-out rows are compared: the best one has the least or the largest of a
 * metric, among those where another is within a bound.
 *
 * @param metric what is compared
 * @param name what it is called where it is shown
 * @param largest whether the largest is best; else the least
 * @param bounded a metric that has to be within the bound, or null
 * @param bound the most that it may be
 */
public record HeldOutGoal(
    String metric, String name, boolean largest, String bounded, double bound) {

  /** The least held-out loss. */
  public static final HeldOutGoal LEAST_LOSS =
      new HeldOutGoal("eval_loss", "held-out loss", false, null, Double.POSITIVE_INFINITY);

  /** Whether a step was evaluated. */
  boolean isMeasured(Metrics metrics) {
    return metrics.get(metric).isPresent();
  }

  /** What an evaluation is worth, more being better; empty where it is out of bounds. */
  OptionalDouble worth(Metrics metrics) {
    OptionalDouble value = metrics.get(metric);
    boolean within = bounded == null || metrics.get(bounded).orElseThrow() <= bound;
    return value.isEmpty() || !within
        ? OptionalDouble.empty()
        : OptionalDouble.of(largest ? value.getAsDouble() : -value.getAsDouble());
  }

  /** Why there is no best evaluation. */
  String noBest() {
    return bounded == null
        ? "no evaluation gave a " + name
        : String.format(Locale.ROOT, "no evaluation had %s of at most %.4g", bounded, bound);
  }

  /** What an evaluation would have to bring, such as {@code less held-out loss}. */
  String better() {
    return (largest ? "larger " : "less ") + name;
  }
}
