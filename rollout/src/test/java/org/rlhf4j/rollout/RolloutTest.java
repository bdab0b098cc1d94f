package org.rlhf4j.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.rlhf4j.rollout.TinyRollouts.completion;
import static org.rlhf4j.rollout.TinyRollouts.ofLengths;

import java.util.List;
import org.junit.jupiter.api.Test;

class RolloutTest {

  @Test
  void completionsAreCountedFlatOverGroups() {
    Rollout rollout = ofLengths(new int[][] {{2, 3}, {1}, {4, 1, 1}});
    assertThat(rollout.size()).isEqualTo(6);
    assertThat(rollout.tokens()).isEqualTo(12);
    assertThat(rollout.groupOf()).containsExactly(0, 0, 1, 2, 2, 2);
    double[] scores = {1, 2, 3, 4, 5, 6};
    Rollout scored = rollout.withScores(scores);
    assertThat(scored.scores()).isEqualTo(scores);
    assertThat(scored.groups().get(2).completions().get(1).score()).isEqualTo(5);
    float[][] numbers = TinyRollouts.numbers(rollout);
    Rollout complete = scored.withLogprobs(numbers).withRefLogprobs(numbers).withValues(numbers);
    for (int i = 0; i < numbers.length; i++) {
      Completion made = complete.completions().get(i);
      assertThat(made.logprobs()).isSameAs(numbers[i]);
      assertThat(made.refLogprobs()).isSameAs(numbers[i]);
      assertThat(made.values()).isSameAs(numbers[i]);
      assertThat(made.score()).isEqualTo(scores[i]);
    }
  }

  @Test
  void whatCantBeIsRefused() {
    assertThatThrownBy(() -> completion(0, new int[] {5}).withLogprobs(new float[2]))
        .hasMessage("2 numbers for 1 ids");
    assertThatThrownBy(() -> new Completion(new int[0], false, "", 0, null, null, null))
        .hasMessage("a completion has at least one token");
    assertThatThrownBy(() -> TinyRollouts.group(0, new int[0], completion(0, 5)))
        .hasMessage("a group has a prompt and completions");
    assertThatThrownBy(() -> new Rollout(List.of())).hasMessage("a rollout has at least one group");
  }
}
