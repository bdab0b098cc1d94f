package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GaeTest {

  @Test
  void handWorked() {
    // R −0.1, 0.2, 1;  V 0.5, 0.4, 0.6;  γ 0.9, λ 0.5, so γλ 0.45
    // δ_3 = 1 + 0.9 · 0 − 0.6     =  0.4      A_3 = 0.4
    // δ_2 = 0.2 + 0.9 · 0.6 − 0.4 =  0.34     A_2 = 0.34 + 0.45 · 0.4    = 0.52
    // δ_1 = −0.1 + 0.9 · 0.4 − 0.5 = −0.24    A_1 = −0.24 + 0.45 · 0.52  = −0.006
    float[] values = {0.5f, 0.4f, 0.6f};
    float[] advantages = Gae.advantages(new double[] {-0.1, 0.2, 1}, values, 0.9, 0.5, 0);
    assertThat(advantages).containsExactly(new float[] {-0.006f, 0.52f, 0.4f}, within(1e-6f));
    // G = A + V
    assertThat(Gae.returns(advantages, values))
        .containsExactly(new float[] {0.494f, 0.92f, 1}, within(1e-6f));
  }

  /** What goes on has a value at its end: V_4 = 2. */
  @Test
  void handWorkedInterrupted() {
    // δ_3 = 1 + 0.9 · 2 − 0.6 = 2.2     A_3 = 2.2
    // δ_2 = 0.34                        A_2 = 0.34 + 0.45 · 2.2    = 1.33
    // δ_1 = −0.24                       A_1 = −0.24 + 0.45 · 1.33  = 0.3585
    float[] values = {0.5f, 0.4f, 0.6f};
    assertThat(Gae.advantages(new double[] {-0.1, 0.2, 1}, values, 0.9, 0.5, 2))
        .containsExactly(new float[] {0.3585f, 1.33f, 2.2f}, within(1e-6f));
  }

  /** γ = λ = 1: the return is the sum of the rewards to come, whatever the critic says. */
  @Test
  void withoutDiscountTheReturnIsTheRewardToGo() {
    float[] values = {3, -7, 0.5f, 2};
    double[] rewards = {1, 0, -2, 5};
    float[] returns = Gae.returns(Gae.advantages(rewards, values, 1, 1, 0), values);
    assertThat(returns).containsExactly(new float[] {4, 3, 3, 5}, within(1e-5f));
  }

  /** λ = 0: the advantage is the critic's one-step error. */
  @Test
  void withLambdaZeroTheAdvantageIsDelta() {
    // 1 + 0.5 · 4 − 2 = 1;  0 + 0.5 · 6 − 4 = −1;  3 − 6 = −3
    assertThat(Gae.advantages(new double[] {1, 0, 3}, new float[] {2, 4, 6}, 0.5, 0, 0))
        .containsExactly(1, -1, -3);
  }

  @ParameterizedTest
  @CsvSource({"1, 0.95, 1", "0.99, 0.95, 2", "0.7, 0.3, 17", "1, 0, 5", "0, 1, 5"})
  void agreesWithTheSumOfDeltas(double gamma, double lambda, int length) {
    Random random = new Random(length);
    double[] rewards = random.doubles(length, -1, 1).toArray();
    float[] values = new float[length];
    for (int t = 0; t < length; t++) {
      values[t] = (float) random.nextGaussian();
    }
    float[] advantages = Gae.advantages(rewards, values, gamma, lambda, 0);
    for (int t = 0; t < length; t++) {
      double sum = 0;
      for (int l = 0; t + l < length; l++) {
        double next = t + l + 1 < length ? values[t + l + 1] : 0;
        double delta = rewards[t + l] + gamma * next - values[t + l];
        sum += Math.pow(gamma * lambda, l) * delta;
      }
      assertThat((double) advantages[t]).isCloseTo(sum, within(1e-6));
    }
  }
}
