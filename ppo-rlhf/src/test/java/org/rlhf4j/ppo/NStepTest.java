package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NStepTest {
  private static final double[] REWARDS = {-0.1, 0.2, 1};
  private static final float[] VALUES = {0.5f, 0.4f, 0.6f};

  @Test
  void handWorked() {
    // n = 2, γ = 0.9
    // A_1 = −0.1 + 0.9 · 0.2 + 0.81 · 0.6 − 0.5 = 0.066
    // A_2 = 0.2 + 0.9 · 1 − 0.4                 = 0.7
    // A_3 = 1 − 0.6                             = 0.4
    assertThat(NStep.advantages(REWARDS, VALUES, 0.9, 2, 0))
        .containsExactly(new float[] {0.066f, 0.7f, 0.4f}, within(1e-6f));
    // What goes on is worth 2: A_2 has 0.81 · 2 more, A_3 0.9 · 2, A_1 doesn't reach it
    assertThat(NStep.advantages(REWARDS, VALUES, 0.9, 2, 2))
        .containsExactly(new float[] {0.066f, 2.32f, 2.2f}, within(1e-6f));
  }

  @Test
  void handWorkedRewardsToGo() {
    // 1;  0.2 + 0.9;  −0.1 + 0.9 · 1.1
    assertThat(NStep.rewardsToGo(REWARDS, 0.9, 0))
        .containsExactly(new float[] {0.89f, 1.1f, 1}, within(1e-6f));
    // 0.9 · 2, 0.81 · 2 and 0.729 · 2 more
    assertThat(NStep.rewardsToGo(REWARDS, 0.9, 2))
        .containsExactly(new float[] {2.348f, 2.72f, 2.8f}, within(1e-6f));
  }

  /** One step is δ, GAE with λ = 0; all steps are GAE with λ = 1. */
  @ParameterizedTest
  @CsvSource({"1, 0", "17, 1", "2147483647, 1"})
  void itsEndsAreThoseOfGae(int n, double lambda) {
    double[] rewards = new Random(3).doubles(17, -1, 1).toArray();
    float[] values = floats(17, 4);
    assertThat(NStep.advantages(rewards, values, 0.95, n, 0.7))
        .containsExactly(Gae.advantages(rewards, values, 0.95, lambda, 0.7), within(1e-5f));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "0.99, 3, 2", "0.7, 4, 13", "1, 5, 13", "0, 2, 5"})
  void agreesWithTheSums(double gamma, int n, int length) {
    double[] rewards = new Random(length).doubles(length, -1, 1).toArray();
    float[] values = floats(length, n);
    float[] advantages = NStep.advantages(rewards, values, gamma, n, 0.3);
    for (int t = 0; t < length; t++) {
      double sum = -values[t];
      for (int l = 0; l < n && t + l < length; l++) {
        sum += Math.pow(gamma, l) * rewards[t + l];
      }
      int m = Math.min(n, length - t);
      sum += Math.pow(gamma, m) * (t + m < length ? values[t + m] : 0.3);
      assertThat((double) advantages[t]).isCloseTo(sum, within(1e-6));
    }
  }

  private static float[] floats(int length, long seed) {
    Random random = new Random(seed);
    float[] values = new float[length];
    for (int t = 0; t < length; t++) {
      values[t] = (float) random.nextGaussian();
    }
    return values;
  }
}
