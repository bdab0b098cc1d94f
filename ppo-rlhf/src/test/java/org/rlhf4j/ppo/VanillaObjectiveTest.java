package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.Torch;

class VanillaObjectiveTest {

  @Test
  void handWorked() {
    try (NDManager manager = Torch.manager()) {
      NDArray logRatios =
          manager.create(new float[] {(float) Math.log(2), 0, (float) Math.log(0.5)});
      logRatios.setRequiresGradient(true);
      NDArray advantages = manager.create(new float[] {3, -1, -4});
      VanillaObjective objective = new VanillaObjective();
      try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
        NDArray loss = objective.loss(logRatios.exp(), advantages, null, null);
        // −3 · 2, 1 · 1, 4 · ½; the derivative by log π is the same, whatever the ratio
        assertThat(loss.toFloatArray()).containsExactly(new float[] {-6, 1, 2}, within(1e-5f));
        collector.backward(loss.sum());
        assertThat(logRatios.getGradient().toFloatArray())
            .containsExactly(new float[] {-6, 1, 2}, within(1e-5f));
      }
      assertThat(objective.isClipped(9, 1)).isFalse();
      assertThat(objective.end(null).values()).isEmpty();
      assertThat(objective.counters()).isEmpty();
    }
  }

  @Test
  void agreesWithPlainLoops() {
    Random random = new Random(2);
    float[] ratios = new float[131];
    float[] advantages = new float[131];
    for (int t = 0; t < ratios.length; t++) {
      ratios[t] = (float) Math.exp(random.nextGaussian());
      advantages[t] = (float) random.nextGaussian();
    }
    try (NDManager manager = Torch.manager()) {
      float[] loss =
          new VanillaObjective()
              .loss(manager.create(ratios), manager.create(advantages), null, null)
              .toFloatArray();
      assertThat(loss).hasSize(131);
      for (int t = 0; t < loss.length; t++) {
        double expected = 0 - (double) advantages[t] * ratios[t];
        assertThat((double) loss[t]).isCloseTo(expected, within(1e-5));
      }
    }
  }
}
