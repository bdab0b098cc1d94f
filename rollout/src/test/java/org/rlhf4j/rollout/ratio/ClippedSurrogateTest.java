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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.torch.Torch;

class ClippedSurrogateTest {
  private static final ClippedSurrogate CLIPPED = new ClippedSurrogate(0.2, 0.2, null);
  private static final ClippedSurrogate DUAL = new ClippedSurrogate(0.2, 0.2, 3.0);
  private static final ClippedSurrogate UNEVEN = new ClippedSurrogate(0.1, 0.3, null);

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = Torch.manager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** Loss and ∂loss/∂x of a single token. */
  private float[] lossAndGradient(double x, UnaryOperator<NDArray> loss) {
    NDArray leaf = manager.create(new float[] {(float) x});
    leaf.setRequiresGradient(true);
    try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
      NDArray value = loss.apply(leaf);
      collector.backward(value);
      return new float[] {value.toFloatArray()[0], leaf.getGradient().toFloatArray()[0]};
    }
  }

  @ParameterizedTest
  @CsvSource({
    // within the range both branches are −A ρ, whose derivative by log π is −A ρ
    "1.1,  2, -2.2, -2.2, false",
    "0.9, -2,  1.8,  1.8, false",
    // beyond 1.2 a good token gains no more: −2 · 1.2, and no gradient
    "1.5,  2, -2.4,  0,   true",
    // below 0.8 a bad token loses no more: 2 · 0.8, and no gradient
    "0.5, -2,  1.6,  0,   true",
    // the way back is open: a good token below, a bad one above
    "0.5,  2, -1,   -1,   false",
    "1.5, -2,  3,    3,   false",
    "1.5,  0,  0,    0,   false"
  })
  void handWorked(double ratio, double advantage, double loss, double gradient, boolean clipped) {
    check(CLIPPED, ratio, advantage, loss, gradient, clipped);
  }

  @ParameterizedTest
  @CsvSource({
    // a bad token up to ratio 3 is as it was: 2 · 2.5
    "2.5, -2,  5,  5, false",
    // beyond it costs no more than 2 · 3, and has no gradient
    "4,   -2,  6,  0, true",
    // good tokens have the first clip alone
    "4,    2, -2.4, 0, true",
    "2.5,  2, -2.4, 0, true",
    "0.5, -2,  1.6, 0, true",
    // no advantage, no loss, and no branch that is strictly the greater one
    "4,    0,  0,   0, false"
  })
  void handWorkedDual(
      double ratio, double advantage, double loss, double gradient, boolean clipped) {
    check(DUAL, ratio, advantage, loss, gradient, clipped);
  }

  @ParameterizedTest
  @CsvSource({
    // ε_low 0.1, ε_high 0.3; within the range −A ρ
    "1.25,  2, -2.5, -2.5, false",
    "0.95, -2,  1.9,  1.9, false",
    // a good token above 1.3: −2 · 1.3; a bad one below 0.9: 2 · 0.9; no gradient
    "1.5,   2, -2.6,  0,   true",
    "0.5,  -2,  1.8,  0,   true",
    // and back
    "0.5,   2, -1,   -1,   false",
    "1.5,  -2,  3,    3,   false"
  })
  void handWorkedUneven(
      double ratio, double advantage, double loss, double gradient, boolean clipped) {
    check(UNEVEN, ratio, advantage, loss, gradient, clipped);
  }

  /** The gradient is that by log π, on which ρ depends as exp. */
  private void check(
      ClippedSurrogate surrogate,
      double ratio,
      double advantage,
      double loss,
      double gradient,
      boolean clipped) {
    NDArray advantages = manager.create(new float[] {(float) advantage});
    float[] made =
        lossAndGradient(Math.log(ratio), logRatio -> surrogate.loss(logRatio.exp(), advantages));
    assertThat((double) made[0]).isCloseTo(loss, within(1e-5));
    assertThat((double) made[1]).isCloseTo(gradient, within(1e-5));
    assertThat(surrogate.isClipped(ratio, advantage)).isEqualTo(clipped);
  }

  /** At ratio 3 both are 6: none is strictly the smaller. */
  @Test
  void onTheBoundTheDualClipDoesNotHold() {
    assertThat(DUAL.isClipped(3, -2)).isFalse();
    assertThat(DUAL.isClipped(Math.nextUp(3.0), -2)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    // ρ' = min(ρ, c) with the gradient ρ' ∇ log π; up to c nothing is changed
    "1.1, 2,    2, -2.2, -2.2, false",
    // beyond c a bad token costs 2 · 2, and goes on falling
    "4,   2,   -2,  4,    4,   false",
    // beyond c the clip at 1.2 holds a good token
    "4,   2,    2, -2.4,  0,   true",
    // a cap within the range: no token reaches the clip above, all weigh 1.1
    "4,   1.1,  2, -2.2, -2.2, false",
    "4,   1.1, -2,  2.2,  2.2, false",
    // a cap below the range holds bad tokens at 1 − ε
    "4,   0.5, -2,  1.6,  0,   true"
  })
  void handWorkedWithACap(
      double ratio, double cap, double advantage, double loss, double gradient, boolean clipped) {
    NDArray advantages = manager.create(new float[] {(float) advantage});
    float[] made =
        lossAndGradient(
            Math.log(ratio),
            logRatio -> CLIPPED.loss(TruncatedRatio.of(logRatio, cap), advantages));
    assertThat((double) made[0]).isCloseTo(loss, within(1e-5));
    assertThat((double) made[1]).isCloseTo(gradient, within(1e-5));
    assertThat(CLIPPED.isClipped(Math.min(ratio, cap), advantage)).isEqualTo(clipped);
  }

  /** A good token at e⁹⁵, more than fp32 holds, is clipped as one at 2 is. */
  @Test
  void aRatioBeyondFp32IsClippedWithoutACap() {
    NDArray advantages = manager.create(new float[] {2});
    float[] made =
        lossAndGradient(
            95, logRatio -> CLIPPED.loss(TruncatedRatio.of(logRatio, null), advantages));
    assertThat(made).containsExactly(new float[] {-2.4f, 0}, within(1e-5f));
  }

  @Test
  void agreesWithPlainLoops() {
    float[] logRatios = numbers(1, 131);
    float[] advantages = numbers(3, 131);
    NDArray ratios = manager.create(logRatios).mul(1.5).exp();
    float[] loss = CLIPPED.loss(ratios, manager.create(advantages)).toFloatArray();
    float[] dualLoss = DUAL.loss(ratios, manager.create(advantages)).toFloatArray();
    int clipped = 0;
    int dual = 0;
    for (int t = 0; t < loss.length; t++) {
      double ratio = ratios.toFloatArray()[t];
      double bounded = ratio < 0.8 ? 0.8 : ratio > 1.2 ? 1.2 : ratio;
      double expected = Math.max(-advantages[t] * ratio, -advantages[t] * bounded);
      double close = 1e-5 * Math.max(1, Math.abs(expected));
      assertThat((double) loss[t]).isCloseTo(expected, within(close));
      boolean isClipped = CLIPPED.isClipped(ratio, advantages[t]);
      assertThat(isClipped).isEqualTo(expected > -advantages[t] * ratio);
      clipped += isClipped ? 1 : 0;
      if (advantages[t] < 0 && expected > -3 * advantages[t]) {
        expected = -3 * advantages[t];
        dual++;
      }
      assertThat((double) dualLoss[t]).isCloseTo(expected, within(close));
    }
    assertThat(clipped).isBetween(20, 111);
    assertThat(dual).isPositive();
  }

  @Test
  void anUnevenRangeAgreesWithPlainLoops() {
    float[] ratios = manager.create(numbers(6, 97)).mul(0.5).exp().toFloatArray();
    float[] advantages = numbers(7, 97);
    float[] loss = UNEVEN.loss(manager.create(ratios), manager.create(advantages)).toFloatArray();
    for (int t = 0; t < loss.length; t++) {
      double bounded = ratios[t] < 0.9 ? 0.9 : ratios[t] > 1.3 ? 1.3 : ratios[t];
      double expected = Math.max(-advantages[t] * ratios[t], -advantages[t] * bounded);
      assertThat((double) loss[t]).isCloseTo(expected, within(1e-5));
    }
  }

  private static float[] numbers(long seed, int count) {
    Random random = new Random(seed);
    float[] numbers = new float[count];
    for (int t = 0; t < count; t++) {
      numbers[t] = (float) random.nextGaussian();
    }
    return numbers;
  }
}
