package org.rlhf4j.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rlhf4j.rollout.TinyRollouts.group;
import static org.rlhf4j.rollout.TinyRollouts.ofLengths;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RolloutMicroBatchTest {

  private static final Rollout ROLLOUT = ofLengths(new int[][] {{5, 3, 7, 1}, {2}, {11, 4, 4}});

  private static List<Integer> members(List<RolloutMicroBatch> batches) {
    List<Integer> members = new ArrayList<>();
    batches.forEach(batch -> Arrays.stream(batch.completions()).forEach(members::add));
    return members;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 9, 16, 30, 4096})
  void everyWantedCompletionIsInOne(int tokenBudget) {
    List<RolloutMicroBatch> all = RolloutMicroBatch.of(ROLLOUT, i -> true, tokenBudget);
    assertThat(members(all)).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7);
    IntPredicate some = i -> i % 3 != 1;
    assertThat(members(RolloutMicroBatch.of(ROLLOUT, some, tokenBudget)))
        .containsExactlyInAnyOrder(0, 2, 3, 5, 6);
    assertThat(RolloutMicroBatch.of(ROLLOUT, i -> false, tokenBudget)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 9, 16, 30, 4096})
  void theBudgetHoldsUnlessOneCompletionExceedsIt(int tokenBudget) {
    for (RolloutMicroBatch batch : RolloutMicroBatch.of(ROLLOUT, i -> true, tokenBudget)) {
      assertThat(batch.tokens().tokens() <= tokenBudget || batch.completions().length == 1)
          .isTrue();
    }
  }

  /** Prompt 3 and completions 2, 2, 2: 9 tokens at once, 7 and 5 in two pieces, 3 times 5. */
  @Test
  void whatIsSoOfACompletionIsSoOfItsTokens() {
    Rollout rollout = TinyRollouts.ofLengths(new int[] {2, 1}, new int[] {3});
    List<RolloutMicroBatch> batches = RolloutMicroBatch.of(rollout, i -> i > 0, 4096);
    assertThat(batches).hasSize(1);
    assertThat(batches.get(0).completions()).containsExactly(2, 1);
    assertThat(batches.get(0).spread(new boolean[] {true, false, true}))
        .containsExactly(true, true, true, false);
  }

  @Test
  void aGroupLargerThanTheBudgetIsCutIntoPieces() {
    Random random = new Random(5);
    int[] prompt = {5, 6, 7};
    Completion[] completions =
        IntStream.range(0, 3)
            .mapToObj(i -> TinyRollouts.completion(0, TinyRollouts.ids(random, 2)))
            .toArray(Completion[]::new);
    Rollout rollout = new Rollout(List.of(group(0, prompt, completions)));
    assertThat(sizes(rollout, 9)).containsExactly(9);
    assertThat(sizes(rollout, 8)).containsExactly(7, 5);
    assertThat(sizes(rollout, 5)).containsExactly(5, 5, 5);
    assertThat(sizes(rollout, 1)).containsExactly(5, 5, 5);
  }

  private static List<Integer> sizes(Rollout rollout, int tokenBudget) {
    return RolloutMicroBatch.of(rollout, i -> true, tokenBudget).stream()
        .map(batch -> batch.tokens().tokens())
        .toList();
  }

  /** What is predicted at a flat place is the token whose number stands there. */
  @ParameterizedTest
  @ValueSource(ints = {1, 16, 4096})
  void flatFollowsTheNetworksOrder(int tokenBudget) {
    float[][] ids = new float[ROLLOUT.size()][];
    for (int i = 0; i < ids.length; i++) {
      int[] completion = ROLLOUT.completions().get(i).ids();
      ids[i] = new float[completion.length];
      for (int t = 0; t < completion.length; t++) {
        ids[i][t] = completion[t];
      }
    }
    for (RolloutMicroBatch batch : RolloutMicroBatch.of(ROLLOUT, i -> true, tokenBudget)) {
      float[] flat = batch.flat(ids);
      long[] targets = batch.tokens().targets();
      assertThat(flat).hasSameSizeAs(targets);
      for (int t = 0; t < flat.length; t++) {
        assertThat((long) flat[t]).isEqualTo(targets[t]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 4096})
  void scatterUndoesFlat(int tokenBudget) {
    float[][] numbers = TinyRollouts.numbers(ROLLOUT);
    float[][] back = new float[ROLLOUT.size()][];
    for (RolloutMicroBatch batch : RolloutMicroBatch.of(ROLLOUT, i -> true, tokenBudget)) {
      batch.scatter(batch.flat(numbers), back);
    }
    assertThat(back).isDeepEqualTo(numbers);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 4096})
  void spreadRepeatsACompletionsNumberForEachOfItsTokens(int tokenBudget) {
    double[] perCompletion = {10, 11, 12, 13, 14, 15, 16, 17};
    float[][] back = new float[ROLLOUT.size()][];
    for (RolloutMicroBatch batch : RolloutMicroBatch.of(ROLLOUT, i -> true, tokenBudget)) {
      batch.scatter(batch.spread(perCompletion), back);
    }
    for (int i = 0; i < back.length; i++) {
      assertThat(back[i]).hasSize(ROLLOUT.completions().get(i).length());
      assertThat(back[i]).containsOnly((float) perCompletion[i]);
    }
  }
}
