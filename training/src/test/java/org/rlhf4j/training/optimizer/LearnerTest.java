package org.rlhf4j.training.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.weights.Parameters;

class LearnerTest {

  /** Rates 0.4, 0.3, 0.2, 0.1 of four steps; β₁ 0.9, β₂ 0.999, ε 0.5, no decay, norms up to 1. */
  private static Learner learner(Parameters parameters) {
    OptimizerSettings settings =
        new OptimizerSettings(0.4, Schedule.LINEAR, 0, 0, 0.9, 0.999, 0.5, 1);
    return new Learner(parameters, settings, settings.scheduleOver(4));
  }

  @Test
  void handWorked() {
    try (Parameters parameters = SmallParameters.of(new float[] {1, 1}, new float[] {2});
        Learner learner = learner(parameters)) {
      SmallParameters.setGradients(parameters, new float[] {3, 0}, new float[] {-4});
      // √(9 + 16) = 5, clipped to 1: 0.6, 0 and −0.8. In a first update m / (1 − β₁) is g and
      // √(v / (1 − β₂)) is |g|, so each weight moves by 0.3 |g| / (|g| + 0.5), the rate being that
      // of step 2: 0.3 · 0.6 / 1.1 = 0.1636364, 0 and 0.3 · 0.8 / 1.3 = 0.1846154
      assertThat(learner.update(2)).isCloseTo(5, within(1e-6));
      assertThat(SmallParameters.weights(parameters, 0))
          .containsExactly(new float[] {0.8363636f, 1}, within(1e-5f));
      assertThat(SmallParameters.weights(parameters, 1))
          .containsExactly(new float[] {2.1846154f}, within(1e-5f));
      assertThat(SmallParameters.gradient(parameters, 0)).containsOnly(0);
      assertThat(SmallParameters.gradient(parameters, 1)).containsOnly(0);
      assertThat(learner.learningRate(2)).isCloseTo(0.3, within(1e-12));
    }
  }

  @Test
  void aNormThatIsntFiniteLeavesTheWeights() {
    try (Parameters parameters = SmallParameters.of(new float[] {1});
        Learner learner = learner(parameters)) {
      SmallParameters.setGradients(parameters, new float[] {Float.NaN});
      assertThatThrownBy(() -> learner.update(1)).isInstanceOf(NonFiniteException.class);
      assertThat(SmallParameters.weights(parameters, 0)).containsExactly(1);
    }
  }

  /** Gradients of whole passes stay: 3 and 4, whose norm is 5. */
  @Test
  void passesThatEndEarlyLeaveNoGradient() {
    try (Parameters parameters = SmallParameters.of(new float[] {1}, new float[] {1});
        Learner learner = learner(parameters)) {
      assertThatThrownBy(
              () ->
                  learner.gradient(
                      () -> {
                        SmallParameters.setGradients(parameters, new float[] {3}, new float[] {0});
                        throw new IllegalStateException("stopped");
                      }))
          .hasMessage("stopped");
      assertThat(SmallParameters.gradient(parameters, 0)).containsOnly(0);
      assertThat(SmallParameters.weights(parameters, 0)).containsExactly(1);
      String measured =
          learner.gradient(
              () -> {
                SmallParameters.setGradients(parameters, new float[] {3}, new float[] {4});
                return "measured";
              });
      assertThat(measured).isEqualTo("measured");
      assertThat(learner.update(1)).as("√(9 + 16)").isCloseTo(5, within(1e-6));
    }
  }

  @Test
  void makesTheWeightsTrainable() {
    try (Parameters parameters = SmallParameters.of(new float[] {1})) {
      parameters.trainable(false);
      try (Learner learner = learner(parameters)) {
        SmallParameters.setGradients(parameters, new float[] {1});
        assertThat(learner.update(1)).isCloseTo(1, within(1e-6));
      }
    }
  }

  @Test
  void goesOnFromItsFilesToTheSameBits(@TempDir Path folder) throws IOException {
    try (Parameters parameters = SmallParameters.of(new float[] {1, -2});
        Parameters resumed = SmallParameters.of(new float[2]);
        Learner learner = learner(parameters);
        Learner other = learner(resumed)) {
      SmallParameters.setGradients(parameters, new float[] {0.3f, -0.2f});
      learner.update(1);
      learner.save(folder, "policy");
      assertThat(folder.resolve("policy.safetensors")).exists();
      assertThat(folder.resolve("policy.optimizer.safetensors")).exists();
      other.load(folder, "policy");
      float[] saved = SmallParameters.weights(parameters, 0);
      assertThat(SmallParameters.weights(resumed, 0)).isEqualTo(saved);
      for (Parameters each : new Parameters[] {parameters, resumed}) {
        SmallParameters.setGradients(each, new float[] {-0.1f, 0.5f});
      }
      learner.update(2);
      other.update(2);
      assertThat(SmallParameters.weights(resumed, 0))
          .isEqualTo(SmallParameters.weights(parameters, 0))
          .isNotEqualTo(saved);
    }
  }

  /** One vector has one mean and one square. */
  @Test
  void closingFreesTheOptimizer() {
    try (Parameters parameters = SmallParameters.of(new float[] {1})) {
      Learner learner = learner(parameters);
      int before = parameters.manager().getManagedArrays().size();
      learner.close();
      assertThat(parameters.manager().getManagedArrays()).hasSize(before - 2);
    }
  }
}
