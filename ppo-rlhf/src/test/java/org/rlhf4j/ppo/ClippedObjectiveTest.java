package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.model.Torch;

class ClippedObjectiveTest {
  private static final ClippedObjective CLIPPED = new ClippedObjective(0.2, null);
  private static final ClippedObjective DUAL = new ClippedObjective(0.2, 3.0);

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = Torch.manager();
  }

  @AfterEach
  void close() {
    manager.close();
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

  /** The gradient is that by log π, on which ρ depends as exp. */
  private void check(
      ClippedObjective objective,
      double ratio,
      double advantage,
      double loss,
      double gradient,
      boolean clipped) {
    NDArray advantages = manager.create(new float[] {(float) advantage});
    float[] made =
        TokenLosses.lossAndGradient(
            manager, Math.log(ratio), logRatio -> objective.loss(logRatio.exp(), advantages));
    assertThat((double) made[0]).isCloseTo(loss, within(1e-5));
    assertThat((double) made[1]).isCloseTo(gradient, within(1e-5));
    assertThat(objective.isClipped(ratio, advantage)).isEqualTo(clipped);
  }

  /** At ratio 3 both are 6: none is strictly the smaller. */
  @Test
  void onTheBoundTheDualClipDoesNotHold() {
    assertThat(DUAL.isClipped(3, -2)).isFalse();
    assertThat(DUAL.isClipped(Math.nextUp(3.0), -2)).isTrue();
  }

  /** What else a pass or a batch knows makes no difference. */
  @Test
  void theObjectiveIsOfRatiosAndAdvantagesAlone() {
    NDArray ratios = manager.create(new float[] {1.5f, 0.5f});
    NDArray advantages = manager.create(new float[] {2, -2});
    // −2 · 1.2 and 2 · 0.8
    assertThat(CLIPPED.loss(ratios, advantages, null, null).toFloatArray())
        .containsExactly(new float[] {-2.4f, 1.6f}, within(1e-6f));
  }

  @Test
  void agreesWithPlainLoops() {
    float[] logRatios = TokenLosses.numbers(1, 131);
    float[] advantages = TokenLosses.numbers(3, 131);
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
}
