package org.rlhf4j.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.torch.Torch;

class PreferenceLossTest {

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("PyTorch");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray array(float... values) {
    return manager.create(values);
  }

  /** log σ(1) = −0.3132617, log σ(−1) = −1.3132617, log σ(0) = −0.6931472. */
  @Test
  void handWorkedSigmoid() {
    assertThat(PreferenceLoss.sigmoid(array(1, -1, 0)).toFloatArray())
        .containsExactly(new float[] {0.3132617f, 1.3132617f, 0.6931472f}, within(1e-6f));
  }

  /** 0.8 · 0.3132617 + 0.2 · 1.3132617 = 0.5132617; of −1 0.8 · 1.3132617 + 0.2 · 0.3132617. */
  @Test
  void handWorkedConservativeSmoothing() {
    assertThat(PreferenceLoss.conservative(array(1, -1), 0.2).toFloatArray())
        .containsExactly(new float[] {0.5132617f, 1.1132617f}, within(1e-6f));
  }

  /**
   * (0.8 · 0.3132617 − 0.2 · 1.3132617) / 0.6 = −0.0200716; of −1 (1.0506094 − 0.0626523) / 0.6.
   */
  @Test
  void handWorkedRobustSmoothing() {
    assertThat(PreferenceLoss.robust(array(1, -1), 0.2).toFloatArray())
        .containsExactly(new float[] {-0.0200716f, 1.6465951f}, within(1e-6f));
  }

  /** Of labels of which a share ε is turned round, the mean is the loss of the right ones. */
  @Test
  void robustSmoothingIsUnbiased() {
    for (float x : new float[] {-3, -0.4f, 0, 1.7f}) {
      float right = PreferenceLoss.robust(array(x), 0.3).getFloat();
      float turned = PreferenceLoss.robust(array(-x), 0.3).getFloat();
      float clean = PreferenceLoss.sigmoid(array(x)).getFloat();
      assertThat(0.7f * right + 0.3f * turned).isCloseTo(clean, within(1e-5f));
      float held = PreferenceLoss.conservative(array(x), 0.3).getFloat();
      float turnedHeld = PreferenceLoss.conservative(array(-x), 0.3).getFloat();
      if (x != 0) {
        assertThat(0.7f * held + 0.3f * turnedHeld).isNotCloseTo(clean, within(1e-3f));
      }
    }
  }

  @Test
  void withoutSmoothingBothAreTheSigmoid() {
    float[] x = {-2, 0.3f, 5};
    float[] sigmoid = PreferenceLoss.sigmoid(array(x)).toFloatArray();
    assertThat(PreferenceLoss.conservative(array(x), 0).toFloatArray()).containsExactly(sigmoid);
    assertThat(PreferenceLoss.robust(array(x), 0).toFloatArray()).containsExactly(sigmoid);
  }

  /** (0.5 − 1/(2 · 0.1))² = 4.5² = 20.25; at 5 it is least; (7 − 5)² = 4. */
  @Test
  void handWorkedIpo() {
    assertThat(PreferenceLoss.ipo(array(0.5f, 5, 7), 0.1).toFloatArray())
        .containsExactly(new float[] {20.25f, 0, 4}, within(1e-5f));
  }

  @Test
  void handWorkedHinge() {
    assertThat(PreferenceLoss.hinge(array(-1, 0.25f, 1, 3)).toFloatArray())
        .containsExactly(2, 0.75f, 0, 0);
  }

  /**
   * p 0.5 against 0.2: odds 1 and 0.25, so −log σ(log 4) = log(1 + 1/4) = 0.2231436. p 0.9 against
   * 0.5: odds 9 and 1, log(1 + 1/9) = 0.1053605. The other way round log(1 + 9) = 2.3025851.
   */
  @Test
  void handWorkedOddsRatio() {
    float half = (float) Math.log(0.5);
    float fifth = (float) Math.log(0.2);
    float most = (float) Math.log(0.9);
    assertThat(
            PreferenceLoss.oddsRatio(array(half, most, half), array(fifth, half, most))
                .toFloatArray())
        .containsExactly(new float[] {0.2231436f, 0.1053605f, 2.3025851f}, within(1e-6f));
  }

  /** In doubles, from a completion that is all but certain to one that is all but impossible. */
  @Test
  void oddsAreExactAtBothEnds() {
    float[] logprobs = {-1e-6f, -1e-4f, -0.01f, -0.5f, -0.69f, -0.7f, -2, -30, -200};
    for (float better : logprobs) {
      for (float worse : logprobs) {
        double x = logOdds(better) - logOdds(worse);
        double expected = Math.max(-x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
        assertThat((double) PreferenceLoss.oddsRatio(array(better), array(worse)).getFloat())
            .as(better + " against " + worse)
            .isCloseTo(expected, within(1e-5 * Math.max(1, expected)));
      }
    }
    assertThat(PreferenceLoss.oddsRatio(array(0), array(-1)).getFloat()).isBetween(0f, 1e-6f);
  }

  private static double logOdds(double logprob) {
    return logprob - Math.log(-Math.expm1(logprob));
  }

  @Test
  void farApartNumbersOverflowNothing() {
    assertThat(PreferenceLoss.sigmoid(array(1000, -1000)).toFloatArray()).containsExactly(0, 1000);
    assertThat(PreferenceLoss.robust(array(1000, -1000), 0.25).toFloatArray())
        .containsExactly(-500, 1500);
  }

  /** The gradients, against differences of the formula in doubles. */
  @Test
  void gradientsAreThoseOfTheFormulas() {
    requireGradient(
        x -> PreferenceLoss.conservative(x, 0.1), x -> 0.9 * softplus(-x) + 0.1 * softplus(x));
    requireGradient(
        x -> PreferenceLoss.robust(x, 0.1), x -> (0.9 * softplus(-x) - 0.1 * softplus(x)) / 0.8);
    requireGradient(x -> PreferenceLoss.ipo(x, 0.3), x -> Math.pow(x - 1 / 0.6, 2));
    NDArray half = array((float) Math.log(0.5)).broadcast(7);
    requireGradient(
        x -> PreferenceLoss.oddsRatio(x.abs().neg().sub(0.01f), half),
        x -> softplus(-logOdds(-Math.abs(x) - 0.01)));
    requireGradient(
        x -> PreferenceLoss.oddsRatio(half, x.abs().neg().sub(0.01f)),
        x -> softplus(logOdds(-Math.abs(x) - 0.01)));
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private void requireGradient(UnaryOperator<NDArray> loss, DoubleUnaryOperator formula) {
    Random random = new Random(11);
    float[] at = new float[7];
    for (int i = 0; i < at.length; i++) {
      at[i] = (float) (1.5 * random.nextGaussian());
    }
    NDArray x = array(at);
    Torch.requiresGradient(x, true);
    try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
      collector.backward(loss.apply(x).sum());
      float[] gradient = x.getGradient().toFloatArray();
      for (int i = 0; i < at.length; i++) {
        double up = formula.applyAsDouble(at[i] + 1e-5);
        double down = formula.applyAsDouble(at[i] - 1e-5);
        assertThat((double) gradient[i]).isCloseTo((up - down) / 2e-5, within(1e-4));
      }
    }
  }
}
