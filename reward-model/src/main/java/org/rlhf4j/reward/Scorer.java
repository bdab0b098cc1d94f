package org.rlhf4j.reward;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.rlhf4j.data.batch.MicroBatches;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;

/** Scores completions with a reward model. */
public final class Scorer {

  private Scorer() {}

  /**
   * Scores all completions, each at its last token.
   *
   * @param model the reward model
   * @param trees prompts and their completions, EOS included where they have one
   * @param tokenBudget tokens that go through the network at once
   * @return for each tree, in order, one score per completion
   */
  public static List<float[]> score(ScalarModel model, List<TokenTree> trees, int tokenBudget) {
    List<float[]> scores = new ArrayList<>(Collections.nCopies(trees.size(), null));
    for (int[] indices : MicroBatches.of(trees, tokenBudget)) {
      List<TokenTree> batch = Arrays.stream(indices).mapToObj(trees::get).toList();
      float[] flat = model.scores(PackedTokens.of(batch));
      int first = 0;
      for (int index : indices) {
        int completions = trees.get(index).completions().size();
        scores.set(index, Arrays.copyOfRange(flat, first, first + completions));
        first += completions;
      }
    }
    return scores;
  }
}
