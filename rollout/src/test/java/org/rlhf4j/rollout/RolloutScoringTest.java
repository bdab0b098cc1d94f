package org.rlhf4j.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;

class RolloutScoringTest {
  private static final double TEMPERATURE = 0.8;
  private static final Rollout ROLLOUT =
      TinyRollouts.ofLengths(new int[][] {{5, 3, 7}, {2}, {11, 4}});

  private static LanguageModel policy;
  private static ScalarModel critic;

  @BeforeAll
  static void load() {
    policy = TinyRollouts.policy(1);
    critic = ScalarModel.from(policy, 2);
  }

  @AfterAll
  static void close() {
    policy.close();
    critic.close();
  }

  /** Each completion by itself, with its prompt, against all that a budget puts together. */
  @ParameterizedTest
  @ValueSource(ints = {1, 18, 4096})
  void howItIsSplitChangesNothing(int tokenBudget) {
    float[][] together = RolloutScoring.logprobs(policy, ROLLOUT, TEMPERATURE, tokenBudget);
    Rollout valued = RolloutScoring.withValues(critic::values, ROLLOUT, tokenBudget);
    int i = 0;
    for (RolloutGroup group : ROLLOUT.groups()) {
      for (Completion completion : group.completions()) {
        Rollout alone = new Rollout(List.of(group.with(List.of(completion))));
        assertThat(together[i])
            .containsExactly(
                RolloutScoring.logprobs(policy, alone, TEMPERATURE, 4096)[0], within(1e-5f));
        assertThat(valued.completions().get(i).values())
            .containsExactly(
                RolloutScoring.withValues(critic::values, alone, 4096)
                    .completions()
                    .get(0)
                    .values(),
                within(1e-5f));
        i++;
      }
    }
    // The control: another temperature gives other numbers.
    assertThat(RolloutScoring.logprobs(policy, ROLLOUT, 1, tokenBudget)[0][0])
        .isNotCloseTo(together[0][0], within(1e-3f));
  }

  @Test
  void whatWasRecordedStaysAndTheRestIsComputed() {
    float[] recorded = {-1, -2, -3};
    List<Completion> completions = new ArrayList<>(ROLLOUT.groups().get(0).completions());
    completions.set(
        1,
        completions.get(1).withLogprobs(recorded).withRefLogprobs(recorded).withValues(recorded));
    Rollout partly = new Rollout(List.of(ROLLOUT.groups().get(0).with(completions)));
    Rollout rollout = RolloutScoring.withLogprobs(policy, partly, TEMPERATURE, 4096);
    rollout = RolloutScoring.withRefLogprobs(policy, rollout, TEMPERATURE, 4096);
    rollout = RolloutScoring.withValues(critic::values, rollout, 4096);
    float[][] computed = RolloutScoring.logprobs(policy, partly, TEMPERATURE, 4096);
    Rollout valued =
        RolloutScoring.withValues(
            critic::values, new Rollout(List.of(ROLLOUT.groups().get(0))), 4096);
    for (int i : new int[] {0, 2}) {
      Completion completion = rollout.completions().get(i);
      assertThat(completion.logprobs()).containsExactly(computed[i], within(1e-5f));
      assertThat(completion.refLogprobs()).containsExactly(computed[i], within(1e-5f));
      assertThat(completion.values())
          .containsExactly(valued.completions().get(i).values(), within(1e-5f));
    }
    Completion kept = rollout.completions().get(1);
    assertThat(kept.logprobs()).isSameAs(recorded);
    assertThat(kept.refLogprobs()).isSameAs(recorded);
    assertThat(kept.values()).isSameAs(recorded);
  }
}
