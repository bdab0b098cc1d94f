package org.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PairedTestTest {

  /** So many pairs that the first judge alone has right, the second alone, and both. */
  private static PairedTest test(int better, int worse, int same) {
    double[] first = new double[better + worse + same];
    double[] second = new double[first.length];
    Arrays.fill(first, 0, better, 1);
    Arrays.fill(second, better, better + worse, 1);
    Arrays.fill(first, better + worse, first.length, 1);
    Arrays.fill(second, better + worse, first.length, 1);
    return PairedTest.of(first, second);
  }

  /**
   * b of b + c throws of a coin: 8 of 10, 2 (45 + 10 + 1)/1024; 6 of 6, 2/64; 5 of 10, 1; 1 of 5, 2
   * (1 + 5)/32. The 1000 pairs that both have right change nothing.
   */
  @ParameterizedTest
  @CsvSource({
    "8, 2, 0.109375",
    "2, 8, 0.109375",
    "6, 0, 0.03125",
    "5, 5, 1",
    "1, 4, 0.375",
    "0, 0, 1"
  })
  void handWorkedProbabilities(int better, int worse, double p) {
    assertThat(test(better, worse, 10).pValue()).isCloseTo(p, within(1e-12));
    assertThat(test(better, worse, 1000).pValue()).isCloseTo(p, within(1e-12));
  }

  @Test
  void handWorkedDifference() {
    // 18 of 20 against 12 of 20: d = (8 − 2)/20 = 0.3. Squares of the pairs' differences sum to 10:
    // s² = (10 − 20 · 0.09)/19 = 0.4315789; 1.959964 √(0.4315789/20) = 0.2879142
    PairedTest test = test(8, 2, 10);
    assertThat(test.accuracy()).isCloseTo(0.9, within(1e-12));
    assertThat(test.otherAccuracy()).isCloseTo(0.6, within(1e-12));
    assertThat(test.difference()).isCloseTo(0.3, within(1e-12));
    assertThat(test.differenceLow()).isCloseTo(0.3 - 0.2879142, within(1e-6));
    assertThat(test.differenceHigh()).isCloseTo(0.3 + 0.2879142, within(1e-6));
    assertThat(test.better()).isEqualTo(8);
    assertThat(test.worse()).isEqualTo(2);
    assertThat(test.text("against r"))
        .isEqualToNormalizingNewlines(
            """
            against r
            difference       +30.0 points (95 % from +1.2 to +58.8)
            judged otherwise 8 of 20 pairs better, 2 worse
            p                0.109 (McNemar, exact)
            """);
  }

  /** Of 1 and 0: d = ½, s² = (1 − 2 · ¼)/1 = ½; 1.959964 √(½/2) = 0.979982. One has no s. */
  @Test
  void handWorkedDifferenceOfTwoPairsAndOfOne() {
    PairedTest two = PairedTest.of(new double[] {1, 1}, new double[] {0, 1});
    assertThat(two.difference()).isEqualTo(0.5);
    assertThat(two.differenceLow()).isCloseTo(-0.479982, within(1e-6));
    assertThat(two.differenceHigh()).isCloseTo(1.479982, within(1e-6));
    PairedTest one = PairedTest.of(new double[] {1}, new double[] {0});
    assertThat(one.difference()).isEqualTo(1);
    assertThat(one.differenceLow()).isEqualTo(1);
    assertThat(one.differenceHigh()).isEqualTo(1);
  }

  @Test
  void aTieIsBetterThanWrongAndWorseThanRight() {
    PairedTest test = PairedTest.of(new double[] {0.5, 0.5, 0.5}, new double[] {0, 1, 0.5});
    assertThat(test.better()).isEqualTo(1);
    assertThat(test.worse()).isEqualTo(1);
    assertThat(test.difference()).isZero();
  }

  @Test
  void oneModelAgainstItselfDiffersNowhere() {
    PairedTest test = PairedTest.of(new double[] {1, 0, 0.5}, new double[] {1, 0, 0.5});
    assertThat(test.pValue()).isEqualTo(1);
    assertThat(test.differenceLow()).isZero();
    assertThat(test.differenceHigh()).isZero();
  }
}
