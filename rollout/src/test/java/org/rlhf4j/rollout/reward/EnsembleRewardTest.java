package org.rlhf4j.rollout.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.rlhf4j.rollout.RewardEnsemble;
import org.rlhf4j.rollout.RewardModelSettings;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;

class EnsembleRewardTest {
  private static final Offset<Double> CLOSE = within(1e-12);
  private static final Rollout ROLLOUT = TinyRollouts.ofLengths(new int[] {2, 3});

  private static Reward member(double... scores) {
    return rollout -> scores;
  }

  /** Of 1, 2, 6: mean 3, least 1, variance (4 + 1 + 9) / 3. */
  @Test
  void handWorked() {
    double[] scores = {1, 2, 6};
    assertThat(RewardEnsemble.SUM.of(scores, 0)).isEqualTo(9);
    assertThat(RewardEnsemble.MEAN.of(scores, 0)).isEqualTo(3);
    assertThat(RewardEnsemble.MINIMUM.of(scores, 0)).isEqualTo(1);
    assertThat(RewardEnsemble.deviation(scores)).isCloseTo(Math.sqrt(14 / 3.0), CLOSE);
    assertThat(RewardEnsemble.MEAN_LESS_DEVIATION.of(scores, 0.5))
        .isCloseTo(3 - 0.5 * Math.sqrt(14 / 3.0), CLOSE);
    assertThat(RewardEnsemble.MEAN_LESS_DEVIATION.of(new double[] {4, 4}, 9)).isEqualTo(4);
  }

  @Test
  void eachCompletionHasItsOwn() {
    EnsembleReward ensemble =
        new EnsembleReward(
            List.of(member(1, 8), member(3, 2)), RewardEnsemble.MEAN_LESS_DEVIATION, 2);
    // Mean 2, deviation 1; mean 5, deviation 3.
    assertThat(ensemble.score(ROLLOUT)).containsExactly(0, -1);
    assertThat(ensemble.scored(ROLLOUT).completions().get(1).rewards())
        .isEqualTo(Map.of("model_1", 8.0, "model_2", 2.0, "model_deviation", 3.0));
  }

  /** Beside programs the ensemble is one part, and its members are shown. */
  @Test
  void itIsAPartOfASum() {
    Reward ensemble =
        new EnsembleReward(List.of(member(1, 8), member(3, 2)), RewardEnsemble.MEAN, 0);
    Rollout rollout =
        new WeightedRewards(
                List.of(
                    new WeightedRewards.Part("model", 1, ensemble),
                    new WeightedRewards.Part("regex", 10, member(1, Double.NaN))))
            .scored(ROLLOUT);
    assertThat(rollout.scores()).containsExactly(12, 5);
    assertThat(rollout.completions().get(0).rewards().keySet())
        .containsExactly("model", "model_1", "model_2", "model_deviation", "regex");
  }

  private static void refused(String message, Map<String, List<String>> given) {
    Settings<RewardModelSettings> settings = Settings.of(RewardModelSettings.class);
    assertThatThrownBy(() -> settings.bind(Written.Mapping.EMPTY, given))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  @Test
  void whatDoesntGoTogetherIsRefused() {
    List<String> two = List.of("a", "b");
    refused(
        "reward-model-weights must be as many as --reward-model, 2, not 1",
        Map.of("reward-model", two, "reward-model-weights", List.of("1")));
    refused(
        "reward-model-weights is for --reward-ensemble sum",
        Map.of(
            "reward-model",
            two,
            "reward-model-weights",
            List.of("1,2"),
            "reward-ensemble",
            List.of("mean")));
    refused(
        "reward-ensemble needs several --reward-model, not 1",
        Map.of("reward-model", List.of("a"), "reward-ensemble", List.of("minimum")));
    refused(
        "ensemble-deviations is for --reward-ensemble mean-less-deviation",
        Map.of("reward-model", two, "ensemble-deviations", List.of("1")));
  }
}
