package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.TokenTree;

class PaceTest {

  private long millis;

  private double seconds(int... goes) {
    List<Integer> left = new ArrayList<>();
    for (int go : goes) {
      left.add(go);
    }
    double seconds =
        Pace.seconds(() -> millis += left.remove(0), () -> TimeUnit.MILLISECONDS.toNanos(millis));
    assertThat(left).isEmpty();
    return seconds;
  }

  @Test
  void theMeanOfAFewGoesCountsAndTheFirstDoesNot() {
    // 80 + 60 + 70 ms are more than a fifth of a second
    assertThat(seconds(500, 80, 60, 70)).isCloseTo(0.070, within(1e-12));
  }

  @Test
  void twoGoesHaveToDoWhereTheyTakeLong() {
    assertThat(seconds(5, 2000, 1500)).isEqualTo(1.75);
  }

  @Test
  void theMoreWeightsTheFewerRows() {
    List<TokenTree> rows = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      rows.add(TokenTree.of(new int[] {1, 2}, new int[] {3, 4, 5, 6, 7, 8}));
    }
    // 8 tokens a row: at most 1,024 tokens, 1e10 / 1e8 = 100, at least 16
    assertThat(Pace.few(rows, 1_000)).hasSize(128);
    assertThat(Pace.few(rows, 100_000_000)).hasSize(13);
    assertThat(Pace.few(rows, 7_000_000_000L)).hasSize(2);
    assertThat(Pace.few(rows.subList(0, 1), 1_000)).hasSize(1);
  }
}
