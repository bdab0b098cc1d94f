package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class TokenTreeTest {

  @Test
  void countsThePromptOnce() {
    TokenTree tree = new TokenTree(new int[] {7, 8}, List.of(new int[] {1}, new int[] {2, 3, 4}));

    assertThat(tree.completionTokens()).isEqualTo(1 + 3);
    assertThat(tree.length()).isEqualTo(2 + 1 + 3);
  }

  @Test
  void allowsAnEmptyPrompt() {
    assertThat(TokenTree.of(new int[0], new int[] {5}).length()).isEqualTo(1);
  }

  @Test
  void refusesNoCompletionAnEmptyOneAndNegativeIds() {
    int[] prompt = {1};
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TokenTree(prompt, List.of()))
        .withMessage("a token tree needs at least one completion");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenTree.of(prompt, new int[0]))
        .withMessage("a completion needs at least one token");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenTree.of(prompt, new int[] {3, -1}))
        .withMessage("token id -1 is negative");
  }
}
