package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How tokens are laid out changes no number; each with a control of what does change it. */
class InvarianceTest {
  private static final Offset<Float> SAME = within(1e-5f);
  private static final double SAME_GRADIENT = 1e-5;
  private static final double DIFFERENT = 1e-2;

  private final RandomTokens random = new RandomTokens(3);

  /** Trees of one, several and uneven completions, one with an empty prompt. */
  private final List<TokenTree> trees =
      List.of(
          random.tree(9, 5, 1, 12),
          random.tree(1, 7),
          random.tree(14, 3, 3),
          random.tree(0, 6),
          random.tree(4, 2, 8, 5, 1));

  @EveryFamily
  void aSharedPromptIsAsOnePromptEach(String name) throws IOException {
    List<TokenTree> rows = separate(trees);
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      assertThat(logprobs(model, trees)).containsExactly(logprobs(model, rows), SAME);
      assertThat(gradients(model, trees).distance(gradients(model, rows)))
          .isLessThan(SAME_GRADIENT);
    }
  }

  @EveryFamily
  void aCompletionThatSawItsNeighbourWouldDiffer(String name) throws IOException {
    TokenTree tree = random.tree(6, 4, 4);
    int[] both = concat(tree.completions().get(0), tree.completions().get(1));
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      float[] branches = logprobs(model, List.of(tree));
      float[] chain = logprobs(model, List.of(TokenTree.of(tree.prompt(), both)));

      assertThat(Arrays.copyOf(branches, 4)).containsExactly(Arrays.copyOf(chain, 4), SAME);
      assertThat(distance(last(branches, 4), last(chain, 4))).isGreaterThan(DIFFERENT);
    }
  }

  @EveryFamily
  void aCompletionAtAnotherPositionDiffers(String name) throws IOException {
    TokenTree tree = random.tree(6, 4, 4);
    PackedTokens tokens = PackedTokens.of(List.of(tree));
    PackedTokens shifted = PackedTokens.of(List.of(tree));
    for (int row = 6 + 4; row < tokens.tokens(); row++) {
      shifted.positions()[row] += 4; // where a flat row, not its own branch, would put it
    }
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      float[] right = model.logprobs(tokens, 1).logprobs();
      float[] wrong = model.logprobs(shifted, 1).logprobs();

      assertThat(Arrays.copyOf(wrong, 4)).containsExactly(Arrays.copyOf(right, 4), SAME);
      assertThat(distance(last(right, 4), last(wrong, 4))).isGreaterThan(1e-3);
    }
  }

  @EveryFamily
  void neighboursInTheBatchAndTheirOrderDontMatter(String name) throws IOException {
    List<TokenTree> reversed = new ArrayList<>(trees);
    Collections.reverse(reversed);
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      float[] together = logprobs(model, trees);
      float[] backwards = logprobs(model, reversed);
      int start = 0;
      int end = backwards.length;
      for (TokenTree tree : trees) {
        float[] alone = logprobs(model, List.of(tree));
        assertThat(Arrays.copyOfRange(together, start, start + alone.length))
            .containsExactly(alone, SAME);
        assertThat(Arrays.copyOfRange(backwards, end - alone.length, end))
            .containsExactly(alone, SAME);
        start += alone.length;
        end -= alone.length;
      }
    }
  }

  @EveryFamily
  void aMicroBatchSplitAddsUpToTheSameGradient(String name) throws IOException {
    float[] upstream = random.weights(PackedTokens.of(trees).predicted());
    try (LanguageModel model = LanguageModel.load(Fixture.of(name).folder())) {
      model.accumulate(PackedTokens.of(trees), 1, upstream);
      Gradients whole = Gradients.take(model.parameters());

      int start = 0;
      for (List<TokenTree> part : List.of(trees.subList(0, 2), trees.subList(2, 5))) {
        PackedTokens tokens = PackedTokens.of(part);
        int end = start + tokens.predicted();
        model.accumulate(tokens, 1, Arrays.copyOfRange(upstream, start, end));
        start = end;
      }
      assertThat(whole.distance(Gradients.take(model.parameters()))).isLessThan(SAME_GRADIENT);

      // The control: averaging each part by itself weighs tokens of uneven parts unevenly.
      start = 0;
      for (List<TokenTree> part : List.of(trees.subList(0, 2), trees.subList(2, 5))) {
        PackedTokens tokens = PackedTokens.of(part);
        float[] scaled = Arrays.copyOfRange(upstream, start, start + tokens.predicted());
        for (int i = 0; i < scaled.length; i++) {
          scaled[i] *= upstream.length / (2f * scaled.length);
        }
        model.accumulate(tokens, 1, scaled);
        start += tokens.predicted();
      }
      assertThat(whole.distance(Gradients.take(model.parameters()))).isGreaterThan(DIFFERENT);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2-reward", "llama-reward"})
  void scoresAndValuesOfTreesAreThoseOfRows(String name) throws IOException {
    PackedTokens shared = PackedTokens.of(trees);
    PackedTokens rows = PackedTokens.of(separate(trees));
    try (ScalarModel model = ScalarModel.load(Fixture.of(name).folder())) {
      assertThat(model.scores(shared)).containsExactly(model.scores(rows), SAME);
      assertThat(model.values(shared)).containsExactly(model.values(rows), SAME);

      PackedTokens cut =
          PackedTokens.of(List.of(TokenTree.of(trees.get(1).prompt(), new int[] {5})));
      assertThat(model.scores(cut)[0]).isNotCloseTo(model.scores(rows)[3], within(1e-3f));
    }
  }

  private static List<TokenTree> separate(List<TokenTree> trees) {
    return trees.stream()
        .flatMap(tree -> tree.completions().stream().map(y -> TokenTree.of(tree.prompt(), y)))
        .toList();
  }

  private static float[] logprobs(LanguageModel model, List<TokenTree> trees) {
    return model.logprobs(PackedTokens.of(trees), 1).logprobs();
  }

  /** Gradients of the same weighted sum of log-probabilities, whatever the layout. */
  private static Gradients gradients(LanguageModel model, List<TokenTree> trees) {
    PackedTokens tokens = PackedTokens.of(trees);
    model.accumulate(tokens, 0.9, new RandomTokens(4).weights(tokens.predicted()));
    return Gradients.take(model.parameters());
  }

  private static float[] last(float[] values, int count) {
    return Arrays.copyOfRange(values, values.length - count, values.length);
  }

  private static double distance(float[] a, float[] b) {
    double worst = 0;
    for (int i = 0; i < a.length; i++) {
      worst = Math.max(worst, Math.abs(a[i] - b[i]));
    }
    return worst;
  }

  private static int[] concat(int[] a, int[] b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
