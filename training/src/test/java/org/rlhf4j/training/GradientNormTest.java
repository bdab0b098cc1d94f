package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.Parameters;
import org.rlhf4j.model.SmallParameters;

class GradientNormTest {

  private static Parameters withGradients(float[] first, float[] second) {
    Parameters parameters = SmallParameters.of(new float[first.length], new float[second.length]);
    SmallParameters.setGradients(parameters, first, second);
    return parameters;
  }

  @Test
  void clipsToTheLargestNorm() {
    // sqrt(2² + 3² + 6²) = 7; each is multiplied by 3.5 / (7 + 1e-6)
    try (Parameters parameters = withGradients(new float[] {2, -3}, new float[] {6})) {
      assertThat(GradientNorm.clip(parameters, 3.5)).isCloseTo(7, within(1e-6));
      assertThat(SmallParameters.gradient(parameters, 0))
          .containsExactly(new float[] {1, -1.5f}, within(1e-6f));
      assertThat(SmallParameters.gradient(parameters, 1))
          .containsExactly(new float[] {3}, within(1e-6f));
    }
  }

  /** Norm 5e-6: each is multiplied by 3e-6 / (5e-6 + 1e-6) = ½, where 3 / 5 would be without it. */
  @Test
  void smallNormsShowWhatIsAddedToThem() {
    try (Parameters parameters = withGradients(new float[] {3e-6f}, new float[] {-4e-6f})) {
      assertThat(GradientNorm.clip(parameters, 3e-6)).isCloseTo(5e-6, within(1e-11));
      assertThat(SmallParameters.gradient(parameters, 0))
          .containsExactly(new float[] {1.5e-6f}, within(1e-11f));
      assertThat(SmallParameters.gradient(parameters, 1))
          .containsExactly(new float[] {-2e-6f}, within(1e-11f));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 7.5})
  void leavesShortOnesAndZeroMeansOff(double max) {
    try (Parameters parameters = withGradients(new float[] {2, -3}, new float[] {6})) {
      assertThat(GradientNorm.clip(parameters, max)).isCloseTo(7, within(1e-6));
      assertThat(SmallParameters.gradient(parameters, 0)).containsExactly(2, -3);
      assertThat(SmallParameters.gradient(parameters, 1)).containsExactly(6);
    }
  }

  @Test
  void gradientsOfZeroAreFine() {
    try (Parameters parameters = withGradients(new float[2], new float[1])) {
      assertThat(GradientNorm.clip(parameters, 1)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void namesLikelyCausesWhereItIsNotFinite(float gradient) {
    try (Parameters parameters = withGradients(new float[] {1, gradient}, new float[] {1})) {
      assertThatThrownBy(() -> GradientNorm.clip(parameters, 1))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("gradient norm is " + gradient)
          .hasMessageContaining("--learning-rate");
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, Double.NaN})
  void aNormBelowZeroOrNoneIsRefused(double max) {
    try (Parameters parameters = withGradients(new float[] {2, -3}, new float[] {6})) {
      assertThatThrownBy(() -> GradientNorm.clip(parameters, max))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the largest norm can't be " + max);
    }
  }

  @Test
  void leavesNoTensorBehind() {
    try (Parameters parameters = withGradients(new float[] {2, -3}, new float[] {6})) {
      GradientNorm.clip(parameters, 1);
      int before = parameters.manager().getManagedArrays().size();
      GradientNorm.clip(parameters, 1);
      GradientNorm.clip(parameters, 0);
      assertThat(parameters.manager().getManagedArrays()).hasSize(before);
    }
  }
}
