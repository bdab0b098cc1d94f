package org.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.rlhf4j.training.run.Metrics;

class StepTotalsTest {

  /** Micro-batches of two pairs and of a ranking of three: pairs weigh the same, wherever from. */
  @Test
  void handWorked() {
    StepTotals totals = new StepTotals();
    // 3 − 1 = 2 right, 0 − 2 = −2 wrong
    totals.add(0.25, new float[] {3, 1, 0, 2}, Pairs.of(new int[] {2, 2}, new double[2]));
    // 4 − 1 = 3 and 4 − 1 = 3 right, 1 − 1 = 0 half right
    totals.add(0.5, new float[] {4, 1, 1}, Pairs.of(new int[] {3}, new double[1]));
    assertThat(totals.loss()).isEqualTo(0.75);
    Metrics metrics = totals.metrics();
    assertThat(metrics.get("loss")).hasValue(0.75);
    // (1 + 0 + 1 + 1 + ½) / 5 and (2 − 2 + 3 + 3 + 0) / 5
    assertThat(metrics.get("accuracy").orElseThrow()).isCloseTo(0.7, within(1e-12));
    assertThat(metrics.get("margin_mean").orElseThrow()).isCloseTo(1.2, within(1e-12));
  }
}
