package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RunningMeanTest {

  @Test
  void handWorked() {
    RunningMean advantages = new RunningMean();
    double[] first = {1, 2, 6};
    advantages.begin(first);
    // the first batch's own mean, 3
    assertThat(advantages.of(first)).containsExactly(-2, -1, 3);
    advantages.end(first);
    double[] second = {13};
    advantages.begin(second);
    // 0.99 · 3 + 0.01 · 3 = 3, untouched by the batch itself
    assertThat(advantages.of(second)).containsExactly(new double[] {10}, within(1e-12));
    advantages.end(second);
    // 0.99 · 3 + 0.01 · 13 = 3.1
    assertThat(advantages.of(new double[] {0})).containsExactly(new double[] {-3.1}, within(1e-12));
  }

  /** mean_n = Σ_k 0.01 · 0.99^(n−k) m_k + 0.99^n m_1, in a plain loop over batches of odd sizes. */
  @Test
  void agreesWithAPlainLoop() {
    Random random = new Random(4);
    RunningMean advantages = new RunningMean();
    double[] means = new double[30];
    for (int n = 0; n < means.length; n++) {
      double[] rewards = random.doubles(1 + random.nextInt(7), -3, 3).toArray();
      means[n] = Arrays.stream(rewards).average().orElseThrow();
      double expected = Math.pow(0.99, n) * means[0];
      for (int k = 0; k < n; k++) {
        expected += 0.01 * Math.pow(0.99, n - 1 - k) * means[k];
      }
      advantages.begin(rewards);
      assertThat(advantages.of(rewards)[0]).isCloseTo(rewards[0] - expected, within(1e-12));
      advantages.end(rewards);
    }
  }

  @Test
  void aRestoredOneGoesOn() {
    RunningMean whole = new RunningMean();
    double[] rewards = {0.3, -1.7};
    whole.begin(rewards);
    whole.end(rewards);
    RunningMean resumed = new RunningMean();
    resumed.restoreCounters(whole.counters());
    double[] next = {5};
    whole.begin(next);
    resumed.begin(next);
    assertThat(resumed.of(next)).isEqualTo(whole.of(next));
  }
}
