package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LineSearchTest {

  /** gain(θ) = g · θ − ½ c |θ|², KL(θ) = ½ |θ|², measured where the weights are. */
  private static class Parabola implements LineSearch.Slope {
    private final float[] g;
    private final double c;
    private double ratio = 1;
    private final List<float[]> visited = new ArrayList<>();

    private Parabola(float[] g, double c) {
      this.g = g;
      this.c = c;
    }

    @Override
    public void moveTo(float[] weights) {
      visited.add(weights.clone());
    }

    void setRatio(double ratio) {
      this.ratio = ratio;
    }

    private float[] here() {
      return visited.get(visited.size() - 1);
    }

    @Override
    public LineSearch.Place measure() {
      double kl = 0.5 * ConjugateGradient.dot(here(), here());
      return new LineSearch.Place(kl, ConjugateGradient.dot(g, here()) - c * kl, ratio);
    }
  }

  /** Along one axis; x = −1, so that steps go up. */
  private static LineSearch.Step search(Parabola parabola, double length, double bound) {
    return LineSearch.search(
        parabola, new float[] {0}, new float[] {-1}, length, parabola.g[0], bound);
  }

  /**
   * gain(θ) = θ − θ². At 3 it is −6, at 1.5 −0.75; at 0.75 it is 0.1875, where the KL is 0.28125.
   */
  @Test
  void theFirstStepThatGainsIsTaken() {
    Parabola parabola = new Parabola(new float[] {1}, 2);
    // 0.1875 of the expected 0.75
    assertThat(search(parabola, 3, 0.3))
        .isEqualTo(new LineSearch.Step(new LineSearch.Place(0.28125, 0.1875, 1), 0.25, 2));
    assertThat(parabola.here()).containsExactly(0.75f);
  }

  /** As above, but 0.28125 is too far: at 0.375 the gain is 0.234375 and the KL 0.0703125. */
  @Test
  void aStepOutOfBoundsIsHalvedThoughItGains() {
    Parabola parabola = new Parabola(new float[] {1}, 2);
    // 0.234375 of the expected 0.375
    assertThat(search(parabola, 3, 0.28))
        .isEqualTo(new LineSearch.Step(new LineSearch.Place(0.0703125, 0.234375, 1), 0.625, 3));
    assertThat(search(parabola, 0.75, 0.28125).backtracks()).isZero();
  }

  /** gain(θ) = −θ is below 0 at each of the ten. */
  @Test
  void whereNothingGainsTheWeightsAreLeft() {
    Parabola parabola = new Parabola(new float[] {-1}, 0);
    assertThat(search(parabola, 1, 1))
        .isEqualTo(new LineSearch.Step(new LineSearch.Place(0, 0, 1), 0, 10));
    assertThat(parabola.visited).hasSize(11);
    assertThat(parabola.visited.get(9)).containsExactly(1 / 512f);
    assertThat(parabola.here()).containsExactly(0);
  }

  /**
   * gain(θ) = θ + 50 θ², expected θ. At 1 it is 51 times that, at ½ 26, at ¼ 13.5, at ⅛ 7.25: the
   * first within 10 times.
   */
  @Test
  void aGainTooGoodToBeTrueIsHalved() {
    LineSearch.Step made = search(new Parabola(new float[] {1}, -100), 1, 1);
    assertThat(made.backtracks()).isEqualTo(3);
    assertThat(made.gainToExpected()).isEqualTo(7.25);
    assertThat(made.place().gain()).isEqualTo(0.90625);
  }

  /** gain(θ) = θ − 0.95 θ²: at 1 it is 0.05 of what is expected, at ½ 0.525. */
  @Test
  void aGainFarBelowTheExpectedIsHalved() {
    LineSearch.Step made = search(new Parabola(new float[] {1}, 1.9), 1, 1);
    assertThat(made.backtracks()).isEqualTo(1);
    assertThat(made.gainToExpected()).isCloseTo(0.525, within(1e-9));
  }

  /** e^(6 θ) is a token's ratio: 403 at 1, 20 at ½. */
  @Test
  void aStepThatMakesATokenTooLikelyIsHalved() {
    Parabola parabola =
        new Parabola(new float[] {1}, 0) {
          @Override
          public void moveTo(float[] weights) {
            super.moveTo(weights);
            setRatio(Math.exp(6 * weights[0]));
          }
        };
    LineSearch.Step made = search(parabola, 1, 1);
    assertThat(made.backtracks()).isEqualTo(1);
    assertThat(made.place().ratio()).isCloseTo(Math.exp(3), within(1e-9));
  }

  @Test
  void noLengthIsNoStep() {
    Parabola parabola = new Parabola(new float[] {1}, 0);
    assertThat(search(parabola, 0, 1).backtracks()).isEqualTo(LineSearch.TRIES);
    assertThat(parabola.here()).containsExactly(0);
    assertThat(parabola.visited).hasSize(1); // nothing was tried
  }

  /** gain(θ) = θ − θ²: at 1 it is 0, which is no gain; at ½ it is ¼. */
  @Test
  void noGainIsNoneToTake() {
    Parabola parabola = new Parabola(new float[] {1}, 2);
    // 0.25 of the expected 0.5
    assertThat(search(parabola, 1, 1))
        .isEqualTo(new LineSearch.Step(new LineSearch.Place(0.125, 0.25, 1), 0.5, 1));
  }

  /** Seven weights, by plain loops: all ten steps are measured, and the first good one chosen. */
  @Test
  void equalsPlainLoops() {
    Random random = new Random(4);
    int[] ends = new int[LineSearch.TRIES + 1];
    for (int round = 0; round < 200; round++) {
      float[] g = gaussian(random, 7);
      float[] start = new float[7];
      float[] x = gaussian(random, 7);
      double c = Math.exp(8 * random.nextDouble() - 3);
      double bound = Math.exp(8 * random.nextDouble() - 5);
      int expected = LineSearch.TRIES;
      for (int i = LineSearch.TRIES - 1; i >= 0; i--) {
        double kl = 0;
        double linear = 0;
        for (int k = 0; k < 7; k++) {
          double theta = -Math.pow(0.5, i) * 2 * x[k];
          linear += g[k] * theta;
          kl += 0.5 * theta * theta;
        }
        double gain = linear - c * kl;
        boolean likely = gain >= 0.1 * linear && gain <= 10 * linear;
        expected = gain > 0 && kl <= bound && likely ? i : expected;
      }
      Parabola parabola = new Parabola(g, c);
      assertThat(
              LineSearch.search(parabola, start, x, 2, -ConjugateGradient.dot(g, x), bound)
                  .backtracks())
          .isEqualTo(expected);
      for (int k = 0; k < 7; k++) {
        double made = expected == LineSearch.TRIES ? 0 : -Math.pow(0.5, expected) * 2 * x[k];
        assertThat((double) parabola.here()[k]).isCloseTo(made, within(1e-6));
      }
      ends[expected]++;
    }
    assertThat(ends[0] + ends[1]).isPositive();
    assertThat(ends[4]).isPositive();
    assertThat(ends[LineSearch.TRIES]).isPositive();
  }

  private static float[] gaussian(Random random, int size) {
    float[] values = new float[size];
    for (int k = 0; k < size; k++) {
      values[k] = (float) random.nextGaussian();
    }
    return values;
  }
}
