package org.rlhf4j.rollout.ratio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.torch.Torch;

class TruncatedRatioTest {
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = Torch.manager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** Ratios, and the gradient of their sum weighed by −A. */
  private float[][] of(float[] logRatios, float[] a, UnaryOperator<NDArray> ratio) {
    NDArray leaf = manager.create(logRatios);
    leaf.setRequiresGradient(true);
    try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
      NDArray ratios = ratio.apply(leaf);
      collector.backward(manager.create(a).neg().mul(ratios).sum());
      return new float[][] {ratios.toFloatArray(), leaf.getGradient().toFloatArray()};
    }
  }

  /** c = 2: ρ ½, 2 and 4 weigh ½, 2 and 2, and so does e⁹⁵; −A of 3, −1, 4, −0.5 times that. */
  @Test
  void handWorked() {
    float[] logRatios = {(float) Math.log(0.5), (float) Math.log(2), (float) Math.log(4), 95};
    float[][] made = of(logRatios, new float[] {-3, 1, -4, 0.5f}, x -> TruncatedRatio.of(x, 2.0));
    assertThat(made[0]).containsExactly(new float[] {0.5f, 2, 2, 2}, within(1e-6f));
    assertThat(made[1]).containsExactly(new float[] {1.5f, -2, 8, -1}, within(1e-5f));
  }

  @Test
  void agreesWithPlainLoops() {
    float[] logRatios = numbers(1, 131, 3);
    float[] a = numbers(2, 131, 1);
    float[][] made = of(logRatios, a, x -> TruncatedRatio.of(x, 1.7));
    int beyond = 0;
    for (int t = 0; t < a.length; t++) {
      double weight = Math.min(Math.exp(logRatios[t]), 1.7);
      assertThat((double) made[0][t]).isCloseTo(weight, within(1e-5));
      assertThat((double) made[1][t]).isCloseTo(-a[t] * weight, within(1e-5));
      assertThat(Math.exp(logRatios[t] + TruncatedRatio.logFactor(logRatios[t], 1.7)))
          .isCloseTo(weight, within(1e-12));
      beyond += weight == 1.7 ? 1 : 0;
    }
    assertThat(beyond).isBetween(20, 111);
  }

  /** Without a cap it is the exponential, and so is its gradient, to the last bit. */
  @Test
  void withoutACapItIsTheExponential() {
    float[] logRatios = numbers(3, 257, 4);
    float[] a = numbers(4, 257, 1);
    assertThat(of(logRatios, a, x -> TruncatedRatio.of(x, null)))
        .isDeepEqualTo(of(logRatios, a, NDArray::exp));
    for (float logRatio : logRatios) {
      assertThat(TruncatedRatio.logFactor(logRatio, null)).isZero();
    }
  }

  private static float[] numbers(long seed, int count, double scale) {
    Random random = new Random(seed);
    float[] numbers = new float[count];
    for (int t = 0; t < count; t++) {
      numbers[t] = (float) (scale * random.nextGaussian());
    }
    return numbers;
  }
}
