package org.rlhf4j.training;

import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** The held-out losses of a run so far: which was the least, and how many came after it. */
final class HeldOutLosses {

  private static final String LOSS = "eval_loss";

  private double least = Double.POSITIVE_INFINITY;
  private int best;
  private int since;

  /** Adds what earlier steps measured, in their order. */
  void addAll(Map<Integer, Metrics> steps) {
    steps.forEach(this::add);
  }

  /** Adds a step; one without a held-out loss changes nothing. */
  void add(int step, Metrics metrics) {
    OptionalDouble loss = metrics.get(LOSS);
    if (loss.isEmpty()) {
      return;
    }
    if (loss.getAsDouble() < least) {
      least = loss.getAsDouble();
      best = step;
      since = 0;
    } else {
      since++;
    }
  }

  /** The step of the least loss, the first of equal ones; empty before the first evaluation. */
  OptionalInt best() {
    return best == 0 ? OptionalInt.empty() : OptionalInt.of(best);
  }

  /** The least loss. */
  double least() {
    return least;
  }

  /** Evaluations since then. */
  int since() {
    return since;
  }
}
