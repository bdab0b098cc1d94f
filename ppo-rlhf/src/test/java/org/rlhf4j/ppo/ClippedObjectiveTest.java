package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.rollout.ratio.ClippedSurrogate;

class ClippedObjectiveTest {

  /** What else a pass or a batch knows makes no difference. */
  @Test
  void theObjectiveIsOfRatiosAndAdvantagesAlone() {
    try (NDManager manager = Torch.manager()) {
      NDArray ratios = manager.create(new float[] {1.5f, 0.5f});
      NDArray advantages = manager.create(new float[] {2, -2});
      // −2 · 1.2 and 2 · 0.8
      ClippedObjective objective = new ClippedObjective(new ClippedSurrogate(0.2, 0.2, null));
      assertThat(objective.loss(ratios, advantages, null, null).toFloatArray())
          .containsExactly(new float[] {-2.4f, 1.6f}, within(1e-6f));
    }
  }
}
