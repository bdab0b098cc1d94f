package org.rlhf4j.rollout.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.rlhf4j.data.batch.BatchOrder;
import org.rlhf4j.data.token.TokenizedPrompt;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutGroup;
import org.rlhf4j.rollout.TinyRollouts;
import org.rlhf4j.rollout.file.RolloutFile;
import org.rlhf4j.rollout.reward.Reward;
import org.rlhf4j.training.StopFlag;

/** Ten prompts of which a step takes four; a reward tells completions apart or doesn't. */
class ResampledRolloutsTest {
  private static final int PROMPTS = 10;

  private static LanguageModel policy;
  private static final List<TokenizedPrompt> ROWS = TinyRollouts.prompts(PROMPTS);

  @BeforeAll
  static void load() {
    policy = TinyRollouts.policy(1);
  }

  @AfterAll
  static void close() {
    policy.close();
  }

  /** Completions of these prompts get 0, 1, 2; those of others all get 5. */
  private static ResampledRollouts source(int most, Set<String> apart) {
    Reward reward =
        rollout -> {
          double[] scores = new double[rollout.size()];
          for (int i = 0; i < scores.length; i++) {
            String prompt = rollout.groups().get(rollout.groupOf()[i]).prompt();
            scores[i] = apart.contains(prompt) ? i % 3 : 5;
          }
          return scores;
        };
    SampledRollouts sampled =
        new SampledRollouts(
            policy,
            ROWS,
            new BatchOrder(PROMPTS, 4, 0, false),
            3,
            SamplingSettings.of(4, 1),
            0,
            reward);
    return new ResampledRollouts(sampled, most, Completion::score);
  }

  private static List<String> prompts(Rollout rollout) {
    return rollout.groups().stream().map(RolloutGroup::prompt).toList();
  }

  @Test
  void nothingIsSampledWhereAllGroupsTeach() {
    ResampledRollouts source = source(6, Set.of("prompt 0", "prompt 1", "prompt 2", "prompt 3"));
    ResampledRollouts.Made made = source.rollout(1, new StopFlag());
    assertThat(prompts(made.rollout()))
        .containsExactly("prompt 0", "prompt 1", "prompt 2", "prompt 3");
    assertThat(made.resampled()).isZero();
  }

  /** Of the step's own, 1 and 3 teach; of the six others 4 and 8 do. */
  @Test
  void equalGroupsGiveTheirPlace() {
    ResampledRollouts source = source(6, Set.of("prompt 1", "prompt 3", "prompt 4", "prompt 8"));
    ResampledRollouts.Made made = source.rollout(1, new StopFlag());
    Rollout rollout = made.rollout();
    List<String> prompts = prompts(rollout);
    assertThat(prompts).contains("prompt 1", "prompt 3", "prompt 4", "prompt 8").hasSize(4);
    assertThat(prompts.get(1)).isEqualTo("prompt 1");
    assertThat(prompts.get(3)).isEqualTo("prompt 3");
    assertThat(rollout.groups()).extracting(RolloutGroup::group).containsExactly(0L, 1L, 2L, 3L);
    assertThat(made.resampled()).isBetween(2, 6);
    // A function of the step: the same again, completions and all.
    assertThat(RolloutFile.lines(1, source.rollout(1, new StopFlag()).rollout()))
        .isEqualTo(RolloutFile.lines(1, rollout));
  }

  @Test
  void theBudgetEndsIt() {
    ResampledRollouts source = source(3, Set.of("prompt 1"));
    ResampledRollouts.Made made = source.rollout(1, new StopFlag());
    assertThat(prompts(made.rollout())).contains("prompt 1").hasSize(4);
    assertThat(made.resampled()).isEqualTo(3);
    ResampledRollouts.Made generous = source(100, Set.of()).rollout(1, new StopFlag());
    assertThat(prompts(generous.rollout()))
        .containsExactly("prompt 0", "prompt 1", "prompt 2", "prompt 3");
    assertThat(generous.resampled()).isEqualTo(6);
  }

  /** Scores 0, NaN, 2 differ; NaN, NaN, 1 don't, for there is nothing to differ from. */
  @Test
  void whatIsntJudgedDoesntMakeADifference() {
    for (double[] scores : new double[][] {{0, Double.NaN, 2}, {Double.NaN, Double.NaN, 1}}) {
      SampledRollouts sampled =
          new SampledRollouts(
              policy,
              ROWS.subList(0, 2),
              new BatchOrder(2, 1, 0, false),
              3,
              SamplingSettings.of(4, 1),
              0,
              rollout -> Arrays.copyOf(scores, 3));
      ResampledRollouts source = new ResampledRollouts(sampled, 1, Completion::score);
      assertThat(source.rollout(1, new StopFlag()).resampled()).isEqualTo(scores[0] == 0 ? 0 : 1);
    }
  }
}
