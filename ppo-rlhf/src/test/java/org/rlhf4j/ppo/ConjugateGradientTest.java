package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
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

  /** What counts as solved is relative: (1, 2) · 1e-6 is as far from it as (1, 2). */
  @Test
  void aSmallRightHandSideIsSolvedToo() {
    float[] x =
        ConjugateGradient.solve(
            v -> new float[] {4 * v[0] + v[1], v[0] + 3 * v[1]}, new float[] {1e-6f, 2e-6f}, 2);
    assertThat(x).containsExactly(new float[] {1e-6f / 11, 7e-6f / 11}, within(1e-12f));
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
    double[][] m = gaussian(random, n, n);
    UnaryOperator<float[]> product = v -> times(m, v);
    float[] b = floats(gaussian(random, 1, n)[0]);
    assertThat(times(m, ConjugateGradient.solve(product, b, n))).containsExactly(b, within(1e-3f));
    assertThat(distance(times(m, ConjugateGradient.solve(product, b, 3)), b)).isGreaterThan(1e-2);
  }

  /**
   * After k products x is the least of ½ xᵀF x − bᵀx among all c₀ b + c₁ F b + … + c_(k−1) F^(k−1)
   * b.
   */
  @Test
  void equalsTheLeastOverWhatWasReached() {
    int n = 7;
    Random random = new Random(8);
    double[][] m = gaussian(random, n, n);
    double[] b = gaussian(random, 1, n)[0];
    for (int k = 1; k <= 4; k++) {
      double[][] powers = new double[k][];
      powers[0] = b;
      for (int i = 1; i < k; i++) {
        powers[i] = exactTimes(m, powers[i - 1]);
      }
      double[][] gram = new double[k][k];
      double[] right = new double[k];
      for (int i = 0; i < k; i++) {
        right[i] = dot(powers[i], b);
        for (int j = 0; j < k; j++) {
          gram[i][j] = dot(powers[i], exactTimes(m, powers[j]));
        }
      }
      double[] c = eliminated(gram, right);
      float[] x = ConjugateGradient.solve(v -> times(m, v), floats(b), k);
      for (int p = 0; p < n; p++) {
        double least = 0;
        for (int i = 0; i < k; i++) {
          least += c[i] * powers[i][p];
        }
        assertThat((double) x[p]).isCloseTo(least, within(1e-4));
      }
    }
  }

  /**
   * Eigenvalues from 0.1 to 200 and products with an error of 1e-4 that no symmetric matrix makes:
   * the directions stay conjugate and x near that of exact products. Without orthogonal residuals
   * they end up as far from conjugate as they can, and x several percent off.
   */
  @Test
  void inexactProductsLoseNoDirection() {
    int n = 30;
    Random random = new Random(9);
    double[] eigenvalues = new double[n];
    float[] b = new float[n];
    for (int k = 0; k < n; k++) {
      eigenvalues[k] = 0.1 * Math.pow(2000, k / (n - 1.0));
      b[k] = (float) (random.nextGaussian() * Math.sqrt(eigenvalues[k]));
    }
    double[][] error = gaussian(random, n, n);
    List<float[]> directions = new ArrayList<>();
    float[] x =
        ConjugateGradient.solve(
            v -> {
              directions.add(v.clone());
              return scaled(eigenvalues, v, error, 1e-4 / (2 * Math.sqrt(n)));
            },
            b,
            10);
    float[] exact = ConjugateGradient.solve(v -> scaled(eigenvalues, v, error, 0), b, 10);
    assertThat(distance(x, exact) / distance(exact, new float[n])).isLessThan(1e-3);
    for (float[] one : directions) {
      for (float[] other : directions) {
        if (one != other) {
          double cosine =
              product(eigenvalues, one, other)
                  / Math.sqrt(product(eigenvalues, one, one) * product(eigenvalues, other, other));
          assertThat(cosine).isCloseTo(0, within(1e-3));
        }
      }
    }
  }

  /** (1 + size · error) v, each element times its eigenvalue. */
  private static float[] scaled(double[] eigenvalues, float[] v, double[][] error, double size) {
    float[] image = new float[v.length];
    for (int k = 0; k < v.length; k++) {
      double sum = v[k];
      for (int j = 0; j < v.length; j++) {
        sum += size * error[k][j] * v[j];
      }
      image[k] = (float) (eigenvalues[k] * sum);
    }
    return image;
  }

  private static double product(double[] eigenvalues, float[] a, float[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * eigenvalues[k] * b[k];
    }
    return sum;
  }

  /** The solution of a x = b by Gaussian elimination, a positive definite. */
  private static double[] eliminated(double[][] a, double[] b) {
    int n = b.length;
    for (int i = 0; i < n; i++) {
      for (int row = i + 1; row < n; row++) {
        double factor = a[row][i] / a[i][i];
        for (int k = i; k < n; k++) {
          a[row][k] -= factor * a[i][k];
        }
        b[row] -= factor * b[i];
      }
    }
    double[] x = new double[n];
    for (int i = n - 1; i >= 0; i--) {
      double sum = b[i];
      for (int k = i + 1; k < n; k++) {
        sum -= a[i][k] * x[k];
      }
      x[i] = sum / a[i][i];
    }
    return x;
  }

  private static double[][] gaussian(Random random, int rows, int columns) {
    double[][] m = new double[rows][columns];
    for (double[] row : m) {
      for (int k = 0; k < columns; k++) {
        row[k] = random.nextGaussian();
      }
    }
    return m;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += a[k] * b[k];
    }
    return sum;
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int k = 0; k < values.length; k++) {
      floats[k] = (float) values[k];
    }
    return floats;
  }

  /** (MᵀM + I) v. */
  private static double[] exactTimes(double[][] m, double[] v) {
    int n = v.length;
    double[] image = v.clone();
    for (double[] row : m) {
      double along = dot(row, v);
      for (int k = 0; k < n; k++) {
        image[k] += along * row[k];
      }
    }
    return image;
  }

  private static float[] times(double[][] m, float[] v) {
    double[] doubles = new double[v.length];
    for (int k = 0; k < v.length; k++) {
      doubles[k] = v[k];
    }
    return floats(exactTimes(m, doubles));
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      sum += Math.pow((double) a[k] - b[k], 2);
    }
    return Math.sqrt(sum);
  }
}
