package org.rlhf4j.reward;

import java.io.Serializable;
import org.rlhf4j.training.run.Metrics;

/** What a step measures over its micro-batches, before its update. */
final class StepTotals implements Serializable {
  private static final long serialVersionUID = 1L;

  private double loss;
  private double right;
  private double differences;
  private int pairs;

  /** Adds a micro-batch: its share of the step's loss, and its scores with the pairs among them. */
  void add(double share, float[] scores, Pairs added) {
    loss += share;
    right += added.right(scores);
    for (int pair = 0; pair < added.count(); pair++) {
      differences += added.difference(scores, pair);
    }
    pairs += added.count();
  }

  /** Adds all of another. */
  void add(StepTotals other) {
    loss += other.loss;
    right += other.right;
    differences += other.differences;
    pairs += other.pairs;
  }

  double loss() {
    return loss;
  }

  Metrics metrics() {
    return new Metrics()
        .put("loss", loss)
        .put("accuracy", right / pairs)
        .put("margin_mean", differences / pairs);
  }
}
