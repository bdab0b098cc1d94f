package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PackedTokensTest {

  /**
   * A pair on a prompt of 3, then one completion on a prompt of 2:
   *
   * <pre>
   * row        0  1  2 | 3  4 | 5  6  7 || 8  9 10 11
   * id        10 11 12 |20 21 |30 31 32 ||40 41 50 51
   * position   0  1  2 | 3  4 | 3  4  5 || 0  1  2  3
   * </pre>
   *
   * Both completions' first tokens are predicted at row 2, the prompt's last.
   */
  @Test
  void laysOutPromptsOnceAndCompletionsAfterThem() {
    PackedTokens tokens =
        PackedTokens.of(
            List.of(
                new TokenTree(
                    new int[] {10, 11, 12}, List.of(new int[] {20, 21}, new int[] {30, 31, 32})),
                TokenTree.of(new int[] {40, 41}, new int[] {50, 51})));

    assertThat(tokens.ids()).containsExactly(10, 11, 12, 20, 21, 30, 31, 32, 40, 41, 50, 51);
    assertThat(tokens.positions()).containsExactly(0, 1, 2, 3, 4, 3, 4, 5, 0, 1, 2, 3);
    assertThat(tokens.sizes()).containsExactly(3, 2, 3, 4);
    assertThat(tokens.branches()).containsExactly(2, 0);
    assertThat(tokens.targets()).containsExactly(20, 21, 30, 31, 32, 50, 51);
    assertThat(tokens.predictors()).containsExactly(2, 3, 2, 5, 6, 9, 10);
    assertThat(tokens.lastRows()).containsExactly(4, 7, 11);
    assertThat(tokens.completions()).isEqualTo(3);
    assertThat(tokens.tokens()).isEqualTo(12);
    assertThat(tokens.predicted()).isEqualTo(7);
    assertThat(List.of(tokens.start(0), tokens.start(1), tokens.start(2), tokens.start(3)))
        .containsExactly(0, 2, 5, 7);
    assertThat(List.of(tokens.length(0), tokens.length(1), tokens.length(2)))
        .containsExactly(2, 3, 2);
  }

  @Test
  void withoutAPromptTheFirstTokenIsPredictedByNothing() {
    PackedTokens tokens =
        PackedTokens.of(
            List.of(
                TokenTree.of(new int[0], new int[] {7, 8, 9}),
                new TokenTree(new int[0], List.of(new int[] {5}, new int[] {6, 4}))));

    assertThat(tokens.positions()).containsExactly(0, 1, 2, 0, 0, 1);
    assertThat(tokens.sizes()).containsExactly(3, 0, 1, 2);
    assertThat(tokens.branches()).containsExactly(0, 2);
    assertThat(tokens.targets()).containsExactly(8, 9, 4);
    assertThat(tokens.predictors()).containsExactly(0, 1, 4);
    assertThat(tokens.lastRows()).containsExactly(2, 3, 5);
    assertThat(tokens.length(1)).isZero();
  }
}
