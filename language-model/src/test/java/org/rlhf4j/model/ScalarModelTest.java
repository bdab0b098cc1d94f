package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scores and values of sequence classifiers that transformers has written. */
class ScalarModelTest {
  private final RandomTokens random = new RandomTokens(3);

  @ParameterizedTest
  @ValueSource(strings = {"gpt2-reward", "llama-reward"})
  void scoresAndValuesAreThoseOfTransformers(String name) throws IOException {
    Fixture fixture = Fixture.of(name);
    try (ScalarModel model = ScalarModel.load(fixture.folder())) {
      assertThat(Agreement.ofScores(model, fixture.expected().get("rows"))).isLessThan(1e-4);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2-reward", "llama-reward"})
  void scoresAndValuesOfTreesAreThoseOfRows(String name) throws IOException {
    List<TokenTree> trees = List.of(random.tree(9, 5, 1, 12), random.tree(1, 7), random.tree(0, 6));
    List<TokenTree> separate =
        trees.stream()
            .flatMap(tree -> tree.completions().stream().map(y -> TokenTree.of(tree.prompt(), y)))
            .toList();
    PackedTokens shared = PackedTokens.of(trees);
    PackedTokens rows = PackedTokens.of(separate);
    try (ScalarModel model = ScalarModel.load(Fixture.of(name).folder())) {
      assertThat(model.scores(shared)).containsExactly(model.scores(rows), within(1e-5f));
      assertThat(model.values(shared)).containsExactly(model.values(rows), within(1e-5f));

      PackedTokens cut =
          PackedTokens.of(List.of(TokenTree.of(trees.get(1).prompt(), new int[] {5})));
      assertThat(model.scores(cut)[0]).isNotCloseTo(model.scores(rows)[3], within(1e-3f));
    }
  }
}
