package org.rlhf4j.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.settings.UsageException;

class MicroBatchesTest {

  private static TokenTree tree(int prompt, int... completions) {
    List<int[]> ids = new ArrayList<>();
    for (int length : completions) {
      ids.add(new int[length]);
    }
    return new TokenTree(new int[prompt], ids);
  }

  @Test
  void groupsByLengthUnderTheBudget() {
    // Lengths 5, 9, 4, 3 + 2 + 2 = 7, 4; longest first: 9 | 7 | 5 + 4 | 4 with a budget of 10.
    List<TokenTree> trees = List.of(tree(3, 2), tree(4, 5), tree(1, 3), tree(3, 2, 2), tree(2, 2));

    assertThat(MicroBatches.of(trees, 10))
        .containsExactly(new int[] {1}, new int[] {3}, new int[] {0, 2}, new int[] {4});
    assertThat(MicroBatches.of(trees, 16)).containsExactly(new int[] {1, 3}, new int[] {0, 2, 4});
    assertThat(MicroBatches.of(trees, 29)).hasSize(1);
    assertThat(MicroBatches.of(trees, 28)).hasSize(2);
  }

  @Test
  void givesATreeBeyondTheBudgetAGroupOfItsOwn() {
    assertThat(MicroBatches.of(List.of(tree(0, 1), tree(5, 5)), 1))
        .containsExactly(new int[] {1}, new int[] {0});
    assertThat(MicroBatches.of(List.of(), 1)).isEmpty();
  }

  @Test
  void putsEachTreeInOneGroupWithinTheBudget() {
    Random random = new Random(11);
    List<TokenTree> trees = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      trees.add(tree(random.nextInt(30), 1 + random.nextInt(20), 1 + random.nextInt(20)));
    }
    boolean[] seen = new boolean[trees.size()];
    for (int[] group : MicroBatches.of(trees, 100)) {
      int tokens = 0;
      for (int index : group) {
        assertThat(seen[index]).isFalse();
        seen[index] = true;
        tokens += trees.get(index).length();
      }
      assertThat(tokens).isLessThanOrEqualTo(100);
    }
    assertThat(seen).doesNotContain(false);
  }

  @Test
  void refusesNoBudget() {
    assertThatExceptionOfType(UsageException.class)
        .isThrownBy(() -> MicroBatches.of(List.of(), 0))
        .withMessage("micro-batch-tokens: 0 is too small; give at least 1");
  }
}
