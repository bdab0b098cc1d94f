package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.rlhf4j.rollout.kl.KlEstimator;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.settings.ConfigBuilder;
import org.rlhf4j.settings.SettingSpec;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.Written;

class GrpoConfigTest {
  @TempDir private Path folder;
  private TinyRun runs;

  @BeforeEach
  void writePrompts() throws IOException {
    runs = new TinyRun(folder);
  }

  @Test
  void defaults() {
    var given = runs.usual("run");
    given.keySet().retainAll(List.of("model", "reward-model", "data", "output"));
    GrpoConfig config = TinyRun.SETTINGS.bind(Written.Mapping.EMPTY, given);
    assertThat(config.grpo())
        .isEqualTo(
            new GrpoSettings(
                null,
                8,
                GrpoLoss.GRPO,
                GroupAdvantages.GROUP,
                AdvantageScale.NONE,
                false,
                0.2,
                0.2,
                1,
                1,
                0,
                null,
                false,
                0,
                false,
                null,
                2));
    assertThat(config.kl())
        .isEqualTo(
            new KlSettings(
                0.04, KlEstimator.K3, KlSettings.KlIn.LOSS, false, null, 10000, null, false, null));
    assertThat(config.optimizer().learningRate()).isEqualTo(1e-6);
    assertThat(config.rollouts().promptsPerStep()).isEqualTo(8);
    assertThat(config.rollouts().maxNewTokens()).isEqualTo(128);
    assertThat(config.rollouts().temperature()).isEqualTo(1);
    assertThat(config.rollouts().missingEosPenalty()).isZero();
  }

  /** Old completions weigh twice as much as fresh ones at most, unless it is said. */
  @Test
  void aReplayBufferHasItsDefaults() {
    GrpoConfig config = runs.config("run", "replay-buffer", "4");
    assertThat(config.rollouts().buffer().replayShare()).isEqualTo(0.5);
    assertThat(config.grpo().maxRatio()).isEqualTo(2);
    assertThat(runs.config("run", "replay-buffer", "4", "max-ratio", "3").grpo().maxRatio())
        .isEqualTo(3);
    assertThat(runs.config("run").grpo().maxRatio()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "grpo, GROUP, 0.2, 0.2",
    "dapo, GROUP, 0.2, 0.2",
    "dr-grpo, MEAN_ONLY, 0.2, 0.2",
    "gspo, GROUP, 3e-4, 4e-4"
  })
  void whatSuitsTheLossIsFilledIn(
      String loss, GroupAdvantages advantage, double clipLow, double clipHigh) {
    GrpoSettings settings = runs.config("run", "loss", loss).grpo();
    assertThat(settings.advantage()).isEqualTo(advantage);
    assertThat(settings.clipLow()).isEqualTo(clipLow);
    assertThat(settings.clipHigh()).isEqualTo(clipHigh);
    GrpoSettings chosen =
        runs.config(
                "run",
                "loss",
                loss,
                "advantage",
                "leave-one-out",
                "clip-low",
                "0.1",
                "clip-high",
                "0.28")
            .grpo();
    assertThat(chosen.advantage()).isEqualTo(GroupAdvantages.LEAVE_ONE_OUT);
    assertThat(chosen.clipLow()).isEqualTo(0.1);
    assertThat(chosen.clipHigh()).isEqualTo(0.28);
  }

  /** Each value of a recipe, from its paper or named as ours; what is given besides counts. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          grpo      | loss grpo, advantage group, clip-low 0.2, clip-high 0.2, kl-in loss, kl-estimator k3, kl-coefficient 0.04 | clip-low, clip-high
          dr-grpo   | loss dr-grpo, advantage mean-only, clip-low 0.2, clip-high 0.2, kl-coefficient 0 | clip-low, clip-high
          dapo      | loss dapo, advantage group, clip-low 0.2, clip-high 0.28, kl-coefficient 0, overlong-penalty 1, overlong-share 0.2, resample-until-full true |
          gspo      | loss gspo, advantage group, clip-low 3e-4, clip-high 4e-4, kl-coefficient 0 | kl-coefficient
          rloo      | loss sequence, advantage leave-one-out, clip-low 0.2, clip-high 0.2, kl-in reward, kl-estimator k1, kl-coefficient 0.05 | clip-low, clip-high, kl-coefficient
          reinforce | loss sequence, advantage running-mean, clip-low 0.2, clip-high 0.2, kl-in reward, kl-estimator k1, kl-coefficient 0.05 | clip-low, clip-high, kl-coefficient
          cispo     | loss cispo, advantage group, max-ratio 5, kl-coefficient 0 |
          """)
  void aRecipeGivesItsPapersValues(String name, String values, String ours) {
    GrpoConfig config = runs.config("run", "recipe", name);
    Map<String, String> texts = new HashMap<>();
    TinyRun.SETTINGS
        .texts(config)
        .forEach((setting, text) -> texts.put(setting.name(), String.join(",", text)));
    String line = config.grpo().recipe().line(texts, Set.of());
    assertThat(line).startsWith("recipe " + name + " (").contains("): " + values);
    assertThat(line)
        .endsWith(ours == null ? values : values + "; not from the paper but ours: " + ours);
    GrpoConfig changed = runs.config("run", "recipe", name, "kl-coefficient", "0.5");
    assertThat(changed.kl().klCoefficient()).isEqualTo(0.5);
    assertThat(TinyRun.SETTINGS.otherThanPresets(changed)).containsExactly("kl-coefficient");
    assertThat(config.grpo().recipe().line(texts, Set.of("kl-coefficient")))
        .contains("; other than the recipe's: kl-coefficient (");
    // Read again from what a run writes, nothing is another.
    assertThat(ConfigBuilder.copyOf(config).build()).isEqualTo(config);
  }

  @Test
  void everySettingOfARecipeIsOneOfGrpos() {
    List<String> known = TinyRun.SETTINGS.specs().stream().map(SettingSpec::name).toList();
    for (Recipe recipe : Recipe.values()) {
      assertThat(known).containsAll(recipe.defaults().keySet());
      assertThat(recipe.defaults().keySet()).containsAll(recipe.ours());
    }
  }

  @Test
  void onlyARunningMeanTakesGroupsOfOne() {
    assertThat(
            runs.config("run", "group-size", "1", "advantage", "running-mean").grpo().groupSize())
        .isEqualTo(1);
    assertThatThrownBy(() -> runs.config("run", "group-size", "1", "advantage", "leave-one-out"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("a group needs at least 2 completions to compare");
  }

  @Test
  void aCorrectionOfTheKlInTheLossNeedsOneThere() {
    assertThatThrownBy(() -> runs.config("run", "kl-ratio-correction", "true", "kl-in", "reward"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("kl-ratio-correction is for --kl-in loss");
  }

  @Test
  void k1IsForTheRewardOrForACorrectedLoss() {
    for (String where : List.of("kl-in=reward", "kl-ratio-correction=true")) {
      String[] setting = where.split("=");
      assertThat(
              runs.config("run", "kl-estimator", "k1", setting[0], setting[1]).kl().klEstimator())
          .isEqualTo(KlEstimator.K1);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          data:                | --data is missing: name a file of rows with prompts, or --replay
          reward-model:        | --reward-model or --reward is missing: name a reward model, a program, or --replay
          group-size:1         | --group-size is 1; a group needs at least 2 completions to compare
          clip-low:0           | clip-low must be above 0, not 0
          clip-high:-1         | clip-high must be above 0, not -1
          updates-per-batch:0  | updates-per-batch must be above 0, not 0
          kl-estimator:k1      | kl-estimator must be k2 or k3 with --kl-in loss: there the gradient of k1 is that of log π
          kl-target:6 kl-coefficient:0 | kl-coefficient must be above 0 with --kl-target
          max-ratio:2          | max-ratio is for --replay, --replay-buffer and --loss cispo: what the policy has just sampled is near 1
          max-behaviour-ratio:0 | max-behaviour-ratio must be above 0, not 0
          replay-buffer:0      | replay-buffer must be above 0, not 0
          replay-buffer:2 replay-share:1 | replay-share must be above 0 and below 1, not 1.0
          replay-share:0.5     | replay-share is for --replay-buffer
          replay-buffer:2 replay:r.jsonl | replay-buffer keeps what is sampled; with --replay the file says what is learnt from
          recompute:reference  | recompute is for --replay
          replay:r.jsonl recompute:values | recompute has no values to compute in grpo, which has no critic
          loss:cispo clip-high:4 | clip-high isn't for --loss cispo, which caps ratios by --max-ratio
          minibatches:0        | minibatches must be above 0, not 0
          minibatches:3        | minibatches must be at most --prompts-per-step
          max-step-kl:0        | max-step-kl must be above 0, not 0
          entropy-coefficient:-1 | entropy-coefficient must be 0 or more, not -1
          resample-groups:1 resample-until-full:true | resample-groups must be 0 with --resample-until-full
          overlong-share:0     | overlong-share must be above 0, not 0
          overlong-penalty:-1  | overlong-penalty must be 0 or more, not -1
          advantage-per-reward:true | advantage-per-reward needs --reward
          advantage-per-reward:true reward:exact-match missing-eos-penalty:1 | advantage-per-reward takes no penalties
          advantage-per-reward:true reward:exact-match kl-in:reward | advantage-per-reward takes no penalties
          advantage-per-reward:true reward:exact-match advantage:running-mean | advantage-per-reward is for --advantage group
          refresh-reference-every:0 | refresh-reference-every must be above 0, not 0
          """)
  void whatCantBeIsRefused(String option, String message) {
    List<String> options = new ArrayList<>(List.of(option.split("[: ]", -1)));
    assertThatThrownBy(() -> runs.config("run", options.toArray(String[]::new)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }
}
