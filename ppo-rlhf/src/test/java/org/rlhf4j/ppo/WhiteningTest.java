package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class WhiteningTest {

  @Test
  void handWorked() {
    // 1, 2, 3 and 6 over two completions: mean 3, squares of deviations 4, 1, 0, 9,
    // their sum over n − 1: 14 / 3, its root 2.1602469
    float[][] whitened = Whitening.of(new float[][] {{1, 2, 3}, {6}});
    assertThat(whitened[0])
        .containsExactly(new float[] {-0.9258201f, -0.4629100f, 0}, within(1e-6f));
    assertThat(whitened[1]).containsExactly(new float[] {1.3887301f}, within(1e-6f));
  }

  /**
   * As far from 0 as floats tell whole numbers apart, and with a mean that isn't one: deviations
   * −4/3, −1/3 and 5/3, variance 42/9 over 2, its root 1.5275252.
   */
  @Test
  void handWorkedFarFromZero() {
    float[][] whitened = Whitening.of(new float[][] {{16777213, 16777214}, {16777216}});
    assertThat(whitened[0]).containsExactly(new float[] {-0.8728716f, -0.2182179f}, within(1e-6f));
    assertThat(whitened[1]).containsExactly(new float[] {1.0910895f}, within(1e-6f));
  }

  /** Mean 2, variance (1 + 1) / 1. */
  @Test
  void handWorkedOfTwo() {
    assertThat(Whitening.of(new float[][] {{1}, {3}}))
        .isDeepEqualTo(new float[][] {{-0.70710677f}, {0.70710677f}});
  }

  /** With the biased variance the deviation would be 1 · √(n / (n − 1)) = 1.1547 of these four. */
  @Test
  void theResultHasMeanZeroAndUnbiasedVarianceOne() {
    Random random = new Random(1);
    float[][] rows = new float[7][];
    int count = 0;
    for (int i = 0; i < rows.length; i++) {
      rows[i] = new float[1 + 3 * i];
      count += rows[i].length;
      for (int t = 0; t < rows[i].length; t++) {
        rows[i][t] = (float) (40 + 5 * random.nextGaussian());
      }
    }
    double sum = 0;
    double squares = 0;
    for (float[] row : Whitening.of(rows)) {
      for (float x : row) {
        sum += x;
        squares += (double) x * x;
      }
    }
    assertThat(sum / count).isCloseTo(0, within(1e-6));
    assertThat(squares / (count - 1)).isCloseTo(1, within(1e-5));
    assertThat(squares / count).isLessThan(0.995);
  }

  /** Tokens weigh the same: a mean of completions' means is another. */
  @Test
  void theMeanIsOverTokens() {
    // mean of tokens (1 + 1 + 1 + 5) / 4 = 2, mean of completions (1 + 5) / 2 = 3
    float[][] whitened = Whitening.of(new float[][] {{1, 1, 1}, {5}});
    // deviations −1, −1, −1, 3: variance 12 / 3 = 4
    assertThat(whitened[0]).containsExactly(new float[] {-0.5f, -0.5f, -0.5f}, within(1e-6f));
    assertThat(whitened[1]).containsExactly(new float[] {1.5f}, within(1e-6f));
  }

  @Test
  void equalNumbersAndASingleOneBecomeZero() {
    assertThat(Whitening.of(new float[][] {{0.1f, 0.1f}, {0.1f}})[0]).containsOnly(0);
    assertThat(Whitening.of(new float[][] {{7}})[0]).containsExactly(0);
  }
}
