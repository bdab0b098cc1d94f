package org.rlhf4j.data.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

class BatchOrderTest {

  private static List<Integer> epoch(BatchOrder order, long first, long last) {
    List<Integer> rows = new ArrayList<>();
    for (long step = first; step <= last; step++) {
      for (int row : order.rows(step)) {
        rows.add(row);
      }
    }
    return rows;
  }

  /** From a Python version of the class comment; SplitMix64 of 0 starts e220a8397b1dcdaf. */
  @Test
  void shufflesTheSameForEver() {
    assertThat(Shuffle.permutation(5, 0, 0)).containsExactly(2, 3, 1, 4, 0);
    assertThat(Shuffle.permutation(10, 0, 0)).containsExactly(6, 3, 2, 9, 8, 1, 4, 7, 0, 5);
    assertThat(Shuffle.permutation(10, 0, 1)).containsExactly(2, 1, 8, 4, 9, 6, 5, 7, 3, 0);
    assertThat(Shuffle.permutation(10, 1, 0)).containsExactly(7, 4, 3, 8, 5, 9, 2, 0, 6, 1);
    assertThat(Shuffle.permutation(10, -7, 3)).containsExactly(9, 7, 5, 8, 1, 2, 0, 3, 4, 6);
    assertThat(Shuffle.permutation(0, 1, 1)).isEmpty();
  }

  @Test
  void putsEachElementEverywhereEquallyOften() {
    int[] first = new int[4];
    for (int epoch = 0; epoch < 40_000; epoch++) {
      first[Shuffle.permutation(4, 3, epoch)[0]]++;
    }
    // 40,000 draws, p = 1/4: mean 10,000, deviation √(40,000 · 1/4 · 3/4) = 87; five of them.
    for (int count : first) {
      assertThat(count).isBetween(9_565, 10_435);
    }
  }

  @Test
  void takesEachRowOnceAnEpochWithAShortLastBatch() {
    BatchOrder order = new BatchOrder(10, 4, 0, true);

    assertThat(order.stepsPerEpoch()).isEqualTo(3);
    assertThat(order.rows(1)).containsExactly(6, 3, 2, 9);
    assertThat(order.rows(2)).containsExactly(8, 1, 4, 7);
    assertThat(order.rows(3)).containsExactly(0, 5);
    assertThat(order.rows(4)).containsExactly(2, 1, 8, 4);
    assertThat(epoch(order, 4, 6))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 10).boxed().toList());
  }

  @Test
  void isAFunctionOfTheStepAlone() {
    BatchOrder forth = new BatchOrder(7, 3, 5, true);
    BatchOrder back = new BatchOrder(7, 3, 5, true);
    List<int[]> batches = new ArrayList<>();
    for (long step = 1; step <= 20; step++) {
      batches.add(forth.rows(step));
    }
    for (int step = 20; step >= 1; step--) {
      assertThat(back.rows(step)).isEqualTo(batches.get(step - 1));
    }
  }

  @Test
  void keepsTheFilesOrderWhereNotShuffled() {
    BatchOrder order = new BatchOrder(5, 2, 9, false);
    assertThat(epoch(order, 1, 3)).containsExactly(0, 1, 2, 3, 4);
    assertThat(epoch(order, 4, 4)).containsExactly(0, 1);
    assertThat(order.epoch(3)).isZero();
    assertThat(order.epoch(4)).isEqualTo(1);
  }

  @Test
  void takesAllRowsWhereTheBatchIsLarger() {
    BatchOrder order = new BatchOrder(3, Integer.MAX_VALUE, 0, false);
    assertThat(order.stepsPerEpoch()).isEqualTo(1);
    assertThat(order.rows(1_000_000_000_000L)).containsExactly(0, 1, 2);
  }

  @Test
  void refusesNoRowsNoBatchAndNoStep() {
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> new BatchOrder(0, 4, 0, true))
        .withMessage("no rows are left to train on; check --data and --eval-fraction");
    assertThatExceptionOfType(UsageException.class)
        .isThrownBy(() -> new BatchOrder(1, 0, 0, true))
        .withMessage("batch-size: 0 is too small; give at least 1");
    assertThatIllegalArgumentException().isThrownBy(() -> new BatchOrder(1, 1, 0, true).rows(0));
  }
}
