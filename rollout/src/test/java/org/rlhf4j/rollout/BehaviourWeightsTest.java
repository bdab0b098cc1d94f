package org.rlhf4j.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rlhf4j.training.run.Metrics;

class BehaviourWeightsTest {
  private static final float LOG_2 = (float) Math.log(2);

  /** A completion that was sampled with log μ, and has log π_old. */
  private static Completion sampled(float[] behaviour, float... old) {
    int[] ids = new int[old.length];
    return new Completion(ids, false, "", 0, Map.of(), null, behaviour, old, null, null);
  }

  /** π_old / μ of ½, 1, 2 and 8, beyond C = 4; the other completion is π_old's own. */
  private static Rollout rollout() {
    Completion others =
        sampled(new float[] {-1, -1, -3, -4}, -1 - LOG_2, -1, -3 + LOG_2, -4 + 3 * LOG_2);
    Completion own = sampled(null, -1, -2);
    return new Rollout(List.of(TinyRollouts.group(0, new int[] {5}, others, own)));
  }

  @Test
  void handWorked() {
    BehaviourWeights weights = BehaviourWeights.of(rollout(), 4);
    assertThat(weights.tokens()[0]).containsExactly(new float[] {0.5f, 1, 2, 4}, within(1e-5f));
    assertThat(weights.tokens()[1]).containsExactly(1, 1);
    float[][] products = weights.times(new float[][] {{2, -3, 1, -0.5f}, {7, -7}});
    assertThat(products[0]).containsExactly(new float[] {1, -3, 2, -2}, within(1e-5f));
    assertThat(products[1]).containsExactly(7, -7);
  }

  /** Of the four tokens that have a μ. */
  @Test
  void handWorkedMetrics() {
    Metrics metrics = BehaviourWeights.of(rollout(), 4).measured();
    // (½ + 1 + 2 + 8) / 4;  |log| of 1, 0, 1 and 3 times log 2;  one of four beyond 4
    close(metrics, "behaviour_ratio_mean", 2.875);
    close(metrics, "behaviour_ratio_max", 8);
    close(metrics, "behaviour_error_mean", 1.25 * Math.log(2));
    close(metrics, "behaviour_error_max", 3 * Math.log(2));
    close(metrics, "behaviour_truncated", 0.25);
  }

  private static void close(Metrics metrics, String name, double expected) {
    assertThat(metrics.get(name).orElseThrow()).as(name).isCloseTo(expected, within(1e-5));
  }

  /** e⁹⁵ is beyond fp32, and its weight is C. */
  @Test
  void aRatioBeyondFp32IsTruncated() {
    Rollout far =
        new Rollout(List.of(TinyRollouts.group(0, new int[] {5}, sampled(new float[] {-96}, -1))));
    BehaviourWeights weights = BehaviourWeights.of(far, 2);
    assertThat(weights.tokens()[0]).containsExactly(new float[] {2}, within(1e-6f));
    assertThat(weights.measured().get("behaviour_ratio_max").orElseThrow()).isFinite();
  }

  @Test
  void whatPiOldSampledHasNoMetrics() {
    Rollout own = new Rollout(List.of(TinyRollouts.group(0, new int[] {5}, sampled(null, -1, -2))));
    BehaviourWeights weights = BehaviourWeights.of(own, 2);
    assertThat(weights.tokens()[0]).containsExactly(1, 1);
    assertThat(weights.measured().values()).isEmpty();
  }
}
