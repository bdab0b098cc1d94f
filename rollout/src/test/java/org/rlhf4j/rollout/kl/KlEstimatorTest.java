package org.rlhf4j.rollout.kl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.torch.Torch;

class KlEstimatorTest {

  @Test
  void handWorked() {
    assertThat(KlEstimator.K1.of(0.5)).isEqualTo(0.5);
    assertThat(KlEstimator.K1.of(-0.5)).isEqualTo(-0.5);
    // ½ · 0.25
    assertThat(KlEstimator.K2.of(0.5)).isEqualTo(0.125);
    assertThat(KlEstimator.K2.of(-0.5)).isEqualTo(0.125);
    // e^−0.5 − 1 + 0.5 = 0.6065307 − 0.5
    assertThat(KlEstimator.K3.of(0.5)).isCloseTo(0.1065307, within(1e-7));
    // e^0.5 − 1 − 0.5 = 1.6487213 − 1.5
    assertThat(KlEstimator.K3.of(-0.5)).isCloseTo(0.1487213, within(1e-7));
  }

  @ParameterizedTest
  @EnumSource
  void isZeroWhereBothAgree(KlEstimator estimator) {
    assertThat(estimator.of(0.0)).isZero();
    assertThat(estimator.of(new float[] {-1.25f, -3}, new float[] {-1.25f, -3}))
        .containsExactly(0, 0);
  }

  /** Σ π(y) estimate(log π(y) − log π_ref(y)) = Σ π(y) log(π(y) / π_ref(y)). */
  @ParameterizedTest
  @EnumSource(names = {"K1", "K3"})
  void isUnbiased(KlEstimator estimator) {
    double[] policy = {0.5, 0.3, 0.2};
    double[] reference = {0.2, 0.2, 0.6};
    double expected = 0;
    double kl = 0;
    for (int y = 0; y < policy.length; y++) {
      double d = Math.log(policy[y] / reference[y]);
      expected += policy[y] * estimator.of(d);
      kl += policy[y] * d;
    }
    // 0.5 ln 2.5 + 0.3 ln 1.5 + 0.2 ln (1/3) = 0.4581454 + 0.1216395 − 0.2197225
    assertThat(kl).isCloseTo(0.3600624, within(1e-7));
    assertThat(expected).isCloseTo(kl, within(1e-12));
  }

  /**
   * With z the logits of π: Σ π(y) d ∂log π(y)/∂z_k, the mean gradient of ½ d², is ∂KL/∂z_k = π_k
   * (d_k − KL). Its value isn't the KL.
   */
  @Test
  void k2HasTheGradientOfTheKlAndNotItsValue() {
    double[] policy = {0.5, 0.3, 0.2};
    double[] reference = {0.2, 0.2, 0.6};
    double kl = 0.3600624;
    double value = 0;
    for (int k = 0; k < 3; k++) {
      double mean = 0;
      for (int y = 0; y < 3; y++) {
        double d = Math.log(policy[y] / reference[y]);
        double slope = (KlEstimator.K2.of(d + 1e-6) - KlEstimator.K2.of(d - 1e-6)) / 2e-6;
        mean += policy[y] * slope * ((y == k ? 1 : 0) - policy[k]);
      }
      double dk = Math.log(policy[k] / reference[k]);
      assertThat(mean).isCloseTo(policy[k] * (dk - kl), within(1e-6));
      value += policy[k] * KlEstimator.K2.of(dk);
    }
    assertThat(value).isNotCloseTo(kl, within(1e-3));
  }

  /**
   * In the loss, averaged over samples: Σ μ(y) ∂/∂z_k of what is in the loss at y, z the logits of
   * π. With ρ = π / π_old and μ = π_old, k1 and k3 have ∂KL(π ‖ π_ref)/∂z_k = π_k (d_k − KL).
   * Without ρ and with μ = π, k2 has that, k3 has ∂KL(π_ref ‖ π)/∂z_k = π_k − π_ref,k, k1 0.
   */
  @ParameterizedTest
  @CsvSource({
    "K1, true, reverse",
    "K3, true, reverse",
    "K1, false, none",
    "K2, false, reverse",
    "K3, false, forward"
  })
  void inTheLossItHasTheGradientOf(KlEstimator estimator, boolean corrected, String divergence) {
    double[] z = {Math.log(0.5), Math.log(0.3), Math.log(0.2)};
    double[] policy = softmax(z);
    double[] reference = {0.2, 0.2, 0.6};
    double[] samples = corrected ? new double[] {0.1, 0.6, 0.3} : policy;
    double kl = 0.3600624;
    for (int k = 0; k < 3; k++) {
      double slope = 0;
      for (int side : new int[] {1, -1}) {
        double[] moved = z.clone();
        moved[k] += side * 1e-5;
        double[] now = softmax(moved);
        for (int y = 0; y < 3; y++) {
          double weight = corrected ? now[y] / samples[y] : 1;
          double inLoss = weight * estimator.of(Math.log(now[y] / reference[y]));
          slope += samples[y] * side * inLoss / 2e-5;
        }
      }
      double reverse = policy[k] * (Math.log(policy[k] / reference[k]) - kl);
      double expected =
          switch (divergence) {
            case "reverse" -> reverse;
            case "forward" -> policy[k] - reference[k];
            default -> 0;
          };
      assertThat(slope).isCloseTo(expected, within(1e-6));
    }
  }

  private static double[] softmax(double[] logits) {
    double[] weights = new double[logits.length];
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit);
    }
    for (int y = 0; y < weights.length; y++) {
      weights[y] = Math.exp(logits[y]) / sum;
    }
    return weights;
  }

  @Test
  void onlyK1IsEverNegative() {
    Random random = new Random(1);
    for (int i = 0; i < 1000; i++) {
      assertThat(KlEstimator.K3.of(3 * random.nextGaussian())).isNotNegative();
      assertThat(KlEstimator.K2.of(3 * random.nextGaussian())).isNotNegative();
    }
    assertThat(KlEstimator.K1.of(-1)).isNegative();
  }

  /** Where policy and reference nearly agree, e^−d − 1 + d is d²/2 and not rounding noise. */
  @Test
  void smallDifferencesKeepTheirDigits() {
    assertThat(KlEstimator.K3.of(1e-6)).isCloseTo(5e-13, within(1e-16));
  }

  /**
   * e^−d of d = −95 is beyond fp32, and of −800 beyond doubles: e⁴⁰ = 2.3538527e17 with its slope.
   */
  @ParameterizedTest
  @ValueSource(doubles = {-95, -800})
  void k3OfAFarTokenIsFinite(double far) {
    assertThat(KlEstimator.K3.of(far)).isCloseTo(2.3538527e17, within(1e10));
    try (NDManager manager = Torch.manager()) {
      NDArray d = manager.create(new float[] {(float) far});
      d.setRequiresGradient(true);
      try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
        NDArray kl = KlEstimator.K3.of(d);
        collector.backward(kl);
        assertThat(kl.toFloatArray()[0]).isCloseTo(2.3538527e17f, within(1e12f));
        assertThat(d.getGradient().toFloatArray()[0]).isCloseTo(-2.3538527e17f, within(1e12f));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void arraysEqualNumbers(KlEstimator estimator) {
    Random random = new Random(2);
    float[] logprobs = new float[257];
    float[] refLogprobs = new float[257];
    for (int t = 0; t < logprobs.length; t++) {
      logprobs[t] = (float) -Math.abs(2 * random.nextGaussian());
      refLogprobs[t] = (float) -Math.abs(2 * random.nextGaussian());
    }
    double[] numbers = estimator.of(logprobs, refLogprobs);
    try (NDManager manager = Torch.manager()) {
      NDArray d = manager.create(logprobs).sub(manager.create(refLogprobs));
      float[] array = estimator.of(d).toFloatArray();
      for (int t = 0; t < numbers.length; t++) {
        assertThat((double) array[t])
            .isCloseTo(numbers[t], within(1e-5 * Math.max(1, Math.abs(numbers[t]))));
        assertThat(numbers[t]).isEqualTo(estimator.of((double) logprobs[t] - refLogprobs[t]));
      }
    }
  }
}
