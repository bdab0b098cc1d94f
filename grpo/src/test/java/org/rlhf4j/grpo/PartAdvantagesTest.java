package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rlhf4j.rollout.Rollout;

class PartAdvantagesTest {
  private static final double NOT = Double.NaN;

  private static Map<String, Double> weights(double right, double brief) {
    Map<String, Double> weights = new LinkedHashMap<>();
    weights.put("right", right);
    weights.put("brief", brief);
    return weights;
  }

  /** Rewards 0 or 1, and 0 or 100: over the sum the second would be all that is seen. */
  @Test
  void handWorked() {
    Rollout rollout =
        Rollouts.of(
            new double[][] {{0, 0}, {0, 0, 0}},
            Map.of(
                "right",
                new double[] {0, 1, 1, 0, NOT},
                "brief",
                new double[] {0, 100, 0, 0, 100}));
    double[] made =
        new PartAdvantages(weights(1, 0.5), GroupAdvantages.GROUP.start())
            .of(rollout, new double[5]);
    // right: 0, 1 have mean 1/2 and std 0.7071068: ∓0.7070068; again for 1, 0 of the second group
    // brief: 0, 100 have std 70.7106781: ∓0.7071058; 0, 0, 100: mean 100/3, std 57.7350269,
    //   −0.5773493, −0.5773493, 1.1546985
    assertThat(made)
        .containsExactly(
            new double[] {
              -0.7070068 - 0.5 * 0.7071058,
              0.7070068 + 0.5 * 0.7071058,
              0.7070068 - 0.5 * 0.5773493,
              -0.7070068 - 0.5 * 0.5773493,
              0.5 * 1.1546985
            },
            within(1e-6));
  }

  /** The control: the advantage of the sum is that of the part with the larger numbers. */
  @Test
  void ofTheSumTheSmallPartIsHardlySeen() {
    double[] right = {0, 1, 0, 1};
    double[] brief = {0, 0, 100, 100};
    double[] sums = {0, 1, 100, 101};
    double[] ofSum = GroupAdvantages.GROUP.start().of(sums);
    assertThat(ofSum[1] - ofSum[0]).isLessThan(0.02);
    Rollout rollout =
        Rollouts.of(new double[][] {{0, 0, 0, 0}}, Map.of("right", right, "brief", brief));
    double[] apart =
        new PartAdvantages(weights(1, 1), GroupAdvantages.GROUP.start()).of(rollout, sums);
    assertThat(apart[1] - apart[0]).isCloseTo(apart[2] - apart[0], within(1e-3));
  }

  @Test
  void aPartWithoutWeightIsShownAlone() {
    Rollout rollout =
        Rollouts.of(
            new double[][] {{0, 0}},
            Map.of("right", new double[] {0, 1}, "brief", new double[] {5, 2}));
    assertThat(
            new PartAdvantages(weights(2, 0), GroupAdvantages.MEAN_ONLY.start())
                .of(rollout, new double[2]))
        .containsExactly(-1, 1);
  }
}
