package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ConjugateGradientTest {

  /** F = (4 1; 1 3), b = (1, 2): x = (1/11, 7/11), reached in two products. */
  @Test
  void conjugateGradientsByHand() {
    float[] x =
        ConjugateGradient.solve(
            v -> new float[] {4 * v[0] + v[1], v[0] + 3 * v[1]}, new float[] {1, 2}, 2);
    assertThat(x).containsExactly(new float[] {1 / 11f, 7 / 11f}, within(1e-6f));
    // After one: b · |b|² / bᵀFb = (1, 2) · 5 / 20
    assertThat(
            ConjugateGradient.solve(
                v -> new float[] {4 * v[0] + v[1], v[0] + 3 * v[1]}, new float[] {1, 2}, 1))
        .containsExactly(new float[] {0.25f, 0.5f}, within(1e-6f));
  }

  @Test
  void nothingToSolveIsNothing() {
    assertThat(
            ConjugateGradient.solve(
                v -> {
                  throw new AssertionError("no product is needed");
                },
                new float[3],
                10))
        .containsOnly(0);
  }

  /** F = MᵀM + I of 7 × 7: after 7 products F x is b, after 3 it isn't yet. */
  @Test
  void asManyProductsAsUnknownsSolveIt() {
    int n = 7;
    Random random = new Random(6);
    double[][] m = new double[n][n];
    for (double[] row : m) {
      for (int k = 0; k < n; k++) {
        row[k] = random.nextGaussian();
      }
    }
    UnaryOperator<float[]> product = v -> times(m, v);
    float[] b = new float[n];
    for (int k = 0; k < n; k++) {
      b[k] = (float) random.nextGaussian();
    }
    assertThat(times(m, ConjugateGradient.solve(product, b, n))).containsExactly(b, within(1e-3f));
    assertThat(distance(times(m, ConjugateGradient.solve(product, b, 3)), b)).isGreaterThan(1e-2);
  }

  private static float[] times(double[][] m, float[] v) {
    int n = v.length;
    double[] image = new double[n];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < n; k++) {
        image[i] += m[i][k] * v[k];
      }
    }
    float[] product = v.clone();
    for (int k = 0; k < n; k++) {
      for (int i = 0; i < n; i++) {
        product[k] += (float) (m[i][k] * image[i]);
      }
    }
    return product;
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += Math.pow((double) a[k] - b[k], 2);
    }
    return Math.sqrt(sum);
  }
}
