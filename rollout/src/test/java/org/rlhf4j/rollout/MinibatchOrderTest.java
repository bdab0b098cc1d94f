package org.rlhf4j.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MinibatchOrderTest {

  private static List<List<Integer>> members(
      int completions, int minibatches, long seed, int step, int epoch) {
    List<IntPredicate> parts =
        MinibatchOrder.shuffled(completions, minibatches, seed).minibatches(step, epoch);
    return parts.stream()
        .map(part -> IntStream.range(0, completions).filter(part).boxed().toList())
        .toList();
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "8, 1, 1", "8, 4, 4", "13, 5, 5", "3, 7, 3", "64, 10, 10"})
  void eachCompletionIsInOneOfNearlyEqualSize(int completions, int minibatches, int count) {
    for (int epoch = 0; epoch < 4; epoch++) {
      List<List<Integer>> parts = members(completions, minibatches, 7, 3, epoch);
      assertThat(parts).hasSize(count);
      assertThat(parts.stream().flatMap(List::stream).sorted().toList())
          .isEqualTo(IntStream.range(0, completions).boxed().toList());
      assertThat(parts)
          .allSatisfy(
              part ->
                  assertThat(part.size()).isBetween(completions / count, completions / count + 1));
    }
  }

  @Test
  void isAFunctionOfSeedStepAndEpoch() {
    List<List<Integer>> once = members(16, 4, 0, 1, 0);
    assertThat(members(16, 4, 0, 1, 0)).isEqualTo(once);
    assertThat(members(16, 4, 1, 1, 0)).isNotEqualTo(once);
    assertThat(members(16, 4, 0, 2, 0)).isNotEqualTo(once);
    assertThat(members(16, 4, 0, 1, 1)).isNotEqualTo(once);
  }
}
