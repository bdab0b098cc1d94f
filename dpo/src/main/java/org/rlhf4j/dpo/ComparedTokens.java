package org.rlhf4j.dpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rlhf4j.data.batch.MicroBatches;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.reward.Pairs;

/**
 * Packed comparisons, and which of their predicted tokens are whose. There are C completions, row
 * by row and best first, with M predicted tokens.
 *
 * @param tokens what the network sees
 * @param pairs which completions are compared
 * @param rows which rows of those that were packed these are
 * @param starts for each completion its first predicted token that is compared [C]
 * @param likely for each predicted token whether its likelihood may be trained on: those of the
 *     rows' best completions [M]
 */
record ComparedTokens(
    PackedTokens tokens, Pairs pairs, int[] rows, int[] starts, boolean[] likely) {

  private static final int[] NONE = {};

  /**
   * Groups rows under the token budget.
   *
   * @param rows comparisons
   * @param withPrompts whether the prompts' tokens are predicted too, each completion's for itself
   * @param tokenBudget tokens that go through the network at once
   */
  static List<ComparedTokens> pack(
      List<? extends TrainingRow> rows, boolean withPrompts, int tokenBudget) {
    List<TokenTree> trees = rows.stream().map(row -> tree(row, withPrompts)).toList();
    List<ComparedTokens> microBatches = new ArrayList<>();
    for (int[] group : MicroBatches.of(trees, tokenBudget)) {
      microBatches.add(of(rows, group, trees));
    }
    return microBatches;
  }

  /** A row as it goes through the network. */
  static TokenTree tree(TrainingRow row, boolean withPrompts) {
    TokenTree tree = row.tree();
    return withPrompts
        ? new TokenTree(
            NONE, tree.completions().stream().map(ids -> concat(tree.prompt(), ids)).toList())
        : tree;
  }

  private static ComparedTokens of(
      List<? extends TrainingRow> rows, int[] group, List<TokenTree> trees) {
    List<TrainingRow> chosen = Arrays.stream(group).<TrainingRow>mapToObj(rows::get).toList();
    PackedTokens tokens =
        PackedTokens.of(Arrays.stream(group).<TokenTree>mapToObj(trees::get).toList());
    int[] starts = new int[tokens.completions()];
    boolean[] likely = new boolean[tokens.predicted()];
    int completion = 0;
    for (TrainingRow row : chosen) {
      Arrays.fill(likely, tokens.start(completion), tokens.start(completion + 1), true);
      int unpredicted = row.tree().prompt().length == 0 ? 1 : 0; // the first token of all
      for (int[] ids : row.tree().completions()) {
        starts[completion] = tokens.start(completion + 1) - (ids.length - unpredicted);
        completion++;
      }
    }
    return new ComparedTokens(tokens, Pairs.of(chosen), group, starts, likely);
  }

  private static int[] concat(int[] first, int[] second) {
    int[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  /** The number of tokens whose likelihood may be trained on. */
  int likelyTokens() {
    int count = 0;
    for (boolean one : likely) {
      count += one ? 1 : 0;
    }
    return count;
  }

  /**
   * |y| of each completion [C]: at least 1, so that one without predicted tokens divides nothing.
   */
  float[] lengths() {
    float[] lengths = new float[starts.length];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = Math.max(1, tokens.start(i + 1) - starts[i]);
    }
    return lengths;
  }

  /** log π(y) of each completion [C], of its tokens' log-probabilities [M]. */
  NDArray sums(NDArray logprobs) {
    int all = tokens.predicted();
    float[] members = new float[starts.length * all];
    for (int i = 0; i < starts.length; i++) {
      Arrays.fill(members, i * all + starts[i], i * all + tokens.start(i + 1), 1);
    }
    return logprobs
        .getManager()
        .create(members, new Shape(starts.length, all))
        .matMul(logprobs.expandDims(1))
        .squeeze(1);
  }

  /** The same without a gradient. */
  float[] sums(float[] logprobs) {
    float[] sums = new float[starts.length];
    for (int i = 0; i < sums.length; i++) {
      double sum = 0;
      for (int t = starts[i]; t < tokens.start(i + 1); t++) {
        sum += logprobs[t];
      }
      sums[i] = (float) sum;
    }
    return sums;
  }

  /** The sum of the log-probabilities whose likelihood may be trained on. */
  double likelihood(float[] logprobs) {
    double sum = 0;
    for (int i = 0; i < logprobs.length; i++) {
      sum += likely[i] ? logprobs[i] : 0;
    }
    return sum;
  }

  /** 1 for each token whose likelihood may be trained on, else 0 [M]. */
  float[] likelyMask() {
    float[] mask = new float[likely.length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = likely[i] ? 1 : 0;
    }
    return mask;
  }

  /** The values of these rows [C], of those of all rows that were packed. */
  float[] flat(List<float[]> all) {
    float[] flat = new float[starts.length];
    int at = 0;
    for (int row : rows) {
      float[] values = all.get(row);
      System.arraycopy(values, 0, flat, at, values.length);
      at += values.length;
    }
    return flat;
  }

  /** The other way round: puts each row's part of [C] where the row stands among all. */
  void spread(float[] flat, List<? extends TrainingRow> packed, List<float[]> all) {
    int at = 0;
    for (int row : rows) {
      int completions = packed.get(row).tree().completions().size();
      all.set(row, Arrays.copyOfRange(flat, at, at + completions));
      at += completions;
    }
  }
}
