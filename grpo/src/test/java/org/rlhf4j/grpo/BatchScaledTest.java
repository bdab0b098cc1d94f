package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rlhf4j.rollout.Rollout;

class BatchScaledTest {
  private static final Rollout TWO_PAIRS = Rollouts.of(new double[][] {{1, 3}, {2, 6}}, Map.of());

  /** REINFORCE++ has no other baseline than the batch's mean. */
  @Test
  void handWorkedWithoutABaseline() {
    // 1, 3, 2, 6: mean 3, squares 4, 0, 1, 9, over n − 1: 14/3, its root 2.1602469
    assertThat(new BatchScaled(GroupAdvantages.NONE.start()).of(TWO_PAIRS, TWO_PAIRS.scores()))
        .containsExactly(new double[] {-0.9257772, 0, -0.4628886, 1.3886658}, within(1e-6));
  }

  @Test
  void handWorkedOverGroupMeans() {
    // −1, 1, −2, 2: mean 0, squares 1, 1, 4, 4, over n − 1: 10/3, its root 1.8257419
    assertThat(new BatchScaled(GroupAdvantages.MEAN_ONLY.start()).of(TWO_PAIRS, TWO_PAIRS.scores()))
        .containsExactly(new double[] {-0.5476926, 0.5476926, -1.0953851, 1.0953851}, within(1e-6));
  }

  @Test
  void equalAdvantagesTeachNothing() {
    Rollout equal = Rollouts.of(new double[][] {{0.1, 0.1}, {0.1}}, Map.of());
    assertThat(new BatchScaled(GroupAdvantages.NONE.start()).of(equal, equal.scores()))
        .containsOnly(0);
  }

  @Test
  void keepsTheStateOfWhatItScales() {
    Advantages scaled = AdvantageScale.BATCH.of(GroupAdvantages.RUNNING_MEAN.start());
    scaled.begin(new double[] {1, 3});
    assertThat(scaled.counters()).isEqualTo(Map.of("running_mean", 2.0));
    scaled.end(new double[] {4, 4});
    // 0.99 · 2 + 0.01 · 4
    assertThat(scaled.counters().get("running_mean")).isCloseTo(2.02, within(1e-12));
    scaled.restoreCounters(Map.of("running_mean", 5.0));
    assertThat(scaled.of(new double[] {6})).containsExactly(1);
    assertThat(AdvantageScale.NONE.of(scaled)).isSameAs(scaled);
  }
}
