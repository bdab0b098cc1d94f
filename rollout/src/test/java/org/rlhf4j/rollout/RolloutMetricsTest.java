package org.rlhf4j.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.rlhf4j.rollout.TinyRollouts.completion;
import static org.rlhf4j.rollout.TinyRollouts.group;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rlhf4j.rollout.program.Repetition;
import org.rlhf4j.training.run.Metrics;

class RolloutMetricsTest {

  private static final Rollout ROLLOUT =
      new Rollout(
          List.of(
              group(0, new int[] {5}, completion(1, 7, 8, 0), completion(2, 9)),
              group(1, new int[] {6, 6}, completion(4, 3, 0))));

  /** Two completions of step 3 and one of step 6, at step 7: (4 + 4 + 1) / 3. */
  @Test
  void replayedCompletionsAreCountedWithTheirAge() {
    int[] prompt = {5};
    RolloutGroup fresh = TinyRollouts.group(0, prompt, TinyRollouts.completion(1, 7));
    RolloutGroup old =
        TinyRollouts.group(1, prompt, TinyRollouts.completion(1, 7), TinyRollouts.completion(2, 8));
    RolloutGroup last = TinyRollouts.group(2, prompt, TinyRollouts.completion(3, 9));
    Rollout rollout = new Rollout(List.of(fresh, old.sampledAt(3), last.sampledAt(6)));
    assertThat(RolloutMetrics.replayed(7, rollout).values())
        .isEqualTo(Map.of("replayed_completions", 3.0, "replayed_age", 3.0));
    assertThat(RolloutMetrics.replayed(7, rollout.fresh()).values()).isEmpty();
    assertThat(rollout.replayed()).containsExactly(false, true, true, true);
  }

  @Test
  void handWorked() {
    Metrics metrics = RolloutMetrics.of(ROLLOUT);
    // scores 1, 2, 4: mean 7/3, squares of deviations (16 + 1 + 25) / 9, their sum over n − 1 = 2
    assertThat(metrics.get("reward").orElseThrow()).isCloseTo(2.3333333, within(1e-7));
    assertThat(metrics.get("reward_std").orElseThrow()).isCloseTo(1.5275252, within(1e-7));
    // 3, 1 and 2 tokens; the second was cut
    assertThat(metrics.get("completion_length")).hasValue(2);
    assertThat(metrics.get("ended").orElseThrow()).isCloseTo(0.6666667, within(1e-7));
  }

  /** Of runs of four tokens: 1212, 2121, 1212 again, 2121 again, 1213 — two of five came before. */
  @Test
  void repetitionIsWhatWasSaidBefore() {
    assertThat(Repetition.share(new int[] {1, 2, 1, 2, 1, 2, 1, 3}, 4))
        .isCloseTo(0.4, within(1e-12));
    assertThat(Repetition.share(new int[] {1, 2, 3, 4, 5, 6}, 4)).isZero();
    assertThat(Repetition.share(new int[] {1, 1, 1}, 4)).isZero();
    // (0 + 0.4) / 2, completions counting alike whatever their length
    Rollout rollout =
        new Rollout(
            List.of(
                group(0, new int[] {5}, completion(1, 7), completion(2, 1, 2, 1, 2, 1, 2, 1, 3))));
    assertThat(RolloutMetrics.of(rollout).get("repetition").orElseThrow())
        .isCloseTo(0.2, within(1e-12));
  }

  /** A part that a completion doesn't have doesn't apply to it: a is 5 alone, b (2 + 4) / 2. */
  @Test
  void partsAreMeansOverTheCompletionsThatHaveThem() {
    Rollout rollout =
        new Rollout(
            List.of(
                group(
                    0,
                    new int[] {5},
                    completion(3, 7).withRewards(Map.of("a", 5.0, "b", 2.0)),
                    completion(4, 8).withRewards(Map.of("b", 4.0)))));
    Metrics metrics = RolloutMetrics.of(rollout);
    assertThat(metrics.get("reward_a")).hasValue(5);
    assertThat(metrics.get("reward_b")).hasValue(3);
  }

  /** Over n instead of n − 1 it would be √(42 / 27) = 1.2472191. */
  @Test
  void deviationIsUnbiased() {
    assertThat(RolloutMetrics.deviation(new double[] {1, 2, 4})).isGreaterThan(1.5);
    assertThat(RolloutMetrics.deviation(new double[] {-2, 2}))
        .isCloseTo(Math.sqrt(8), within(1e-12));
    assertThat(RolloutMetrics.deviation(new double[] {3})).isZero();
    assertThat(RolloutMetrics.deviation(new double[] {0.1, 0.1, 0.1})).isLessThan(1e-15);
  }

  @Test
  void klIsSummedOverTokensAndMeantOverCompletions() {
    Rollout rollout =
        ROLLOUT
            .withLogprobs(new float[][] {{-1, -2, -3}, {-0.5f}, {-1, -1}})
            .withRefLogprobs(new float[][] {{-1.5f, -2, -2}, {-2.5f}, {-1, -0.75f}});
    // (0.5 + 0 − 1) + 2 + (0 − 0.25) = 1.25, over 3 completions and not over 6 tokens
    assertThat(RolloutMetrics.kl(rollout)).isCloseTo(0.4166667, within(1e-7));
    Metrics kls = RolloutMetrics.kls(rollout);
    assertThat(kls.get("kl").orElseThrow()).isEqualTo(RolloutMetrics.kl(rollout));
    // ½ (0.25 + 0 + 1 + 4 + 0 + 0.0625) / 3
    assertThat(kls.get("kl_k2").orElseThrow()).isCloseTo(0.8854167, within(1e-7));
    // e^−0.5 − 0.5 + 0 + e − 2 + e^−2 + 1 + 0 + e^0.25 − 1.25, over 3
    assertThat(kls.get("kl_k3").orElseThrow()).isCloseTo(0.6647244, within(1e-7));
  }
}
