package org.rlhf4j.training;

import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.rlhf4j.training.run.Metrics;

/** The held-out evaluations of a run so far: which was the best, and how many came after it. */
final class BestEvaluation {

  private final HeldOutGoal goal;
  private double most = Double.NEGATIVE_INFINITY;
  private double value;
  private int best;
  private int since;

  /**
   * None so far.
   *
   * @param goal by what they are compared
   */
  BestEvaluation(HeldOutGoal goal) {
    this.goal = goal;
  }

  /** Adds what earlier steps measured, in their order. */
  void addAll(Map<Integer, Metrics> steps) {
    steps.forEach(this::add);
  }

  /** Adds a step; one without an evaluation changes nothing. */
  void add(int step, Metrics metrics) {
    if (!goal.isMeasured(metrics)) {
      return;
    }
    OptionalDouble worth = goal.worth(metrics);
    if (worth.isPresent() && worth.getAsDouble() > most) {
      most = worth.getAsDouble();
      value = metrics.get(goal.metric()).orElseThrow();
      best = step;
      since = 0;
    } else {
      since++;
    }
  }

  /** The step of the best one, the first of equal ones; empty where none was within bounds. */
  OptionalInt step() {
    return best == 0 ? OptionalInt.empty() : OptionalInt.of(best);
  }

  /** What it measured. */
  double value() {
    return value;
  }

  /** Evaluations since then. */
  int since() {
    return since;
  }
}
