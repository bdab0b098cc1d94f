package org.rlhf4j.rollout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.rlhf4j.data.batch.MicroBatches;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.TokenTree;

/**
 * Some completions of a rollout as a network takes them, prompts shared. Its flat arrays go over
 * its completions in their order, token by token.
 *
 * @param tokens the network's input
 * @param completions for each completion of the input its flat index in the rollout
 */
public record RolloutMicroBatch(PackedTokens tokens, int[] completions) {

  /**
   * Cuts completions of a rollout into micro-batches. A group whose tokens exceed the budget is cut
   * too: its prompt is then computed once for each piece.
   *
   * @param rollout the batch
   * @param wanted which completions, by flat index
   * @param tokenBudget the most tokens of a micro-batch, unless one completion has more
   * @return micro-batches that together hold each wanted completion once
   */
  public static List<RolloutMicroBatch> of(Rollout rollout, IntPredicate wanted, int tokenBudget) {
    List<TokenTree> trees = new ArrayList<>();
    List<List<Integer>> members = new ArrayList<>();
    int first = 0;
    for (RolloutGroup group : rollout.groups()) {
      for (List<Integer> piece : pieces(group, first, wanted, tokenBudget)) {
        int start = first;
        trees.add(
            new TokenTree(
                group.promptIds(),
                piece.stream().map(i -> group.completions().get(i - start).ids()).toList()));
        members.add(piece);
      }
      first += group.completions().size();
    }
    List<RolloutMicroBatch> batches = new ArrayList<>();
    for (int[] indices : MicroBatches.of(trees, tokenBudget)) {
      List<TokenTree> together = new ArrayList<>();
      List<Integer> completions = new ArrayList<>();
      for (int index : indices) {
        together.add(trees.get(index));
        completions.addAll(members.get(index));
      }
      batches.add(
          new RolloutMicroBatch(
              PackedTokens.of(together),
              completions.stream().mapToInt(Integer::intValue).toArray()));
    }
    return batches;
  }

  /** The wanted completions of a group, in pieces that fit the budget together with the prompt. */
  private static List<List<Integer>> pieces(
      RolloutGroup group, int first, IntPredicate wanted, int tokenBudget) {
    List<List<Integer>> pieces = new ArrayList<>();
    int tokens = 0;
    for (int i = 0; i < group.completions().size(); i++) {
      if (!wanted.test(first + i)) {
        continue;
      }
      int length = group.completions().get(i).length();
      if (pieces.isEmpty() || tokens + length > tokenBudget) {
        pieces.add(new ArrayList<>());
        tokens = group.promptIds().length;
      }
      pieces.get(pieces.size() - 1).add(first + i);
      tokens += length;
    }
    return pieces;
  }

  /**
   * Lays per-token numbers of the rollout out in this micro-batch's order.
   *
   * @param perCompletion one array per completion of the rollout, one number per token
   * @return one number per token of this micro-batch
   */
  public float[] flat(float[][] perCompletion) {
    return flat(perCompletion, 1);
  }

  /**
   * Lays several numbers of each token of the rollout out in this micro-batch's order.
   *
   * @param perCompletion one array per completion of the rollout, {@code width} numbers per token
   * @param width how many a token has
   * @return as many per token of this micro-batch
   */
  public float[] flat(float[][] perCompletion, int width) {
    float[] flat = new float[tokens.predicted() * width];
    for (int i = 0; i < completions.length; i++) {
      float[] row = perCompletion[completions[i]];
      System.arraycopy(row, 0, flat, tokens.start(i) * width, tokens.length(i) * width);
    }
    return flat;
  }

  /**
   * Repeats a number of each completion for each of its tokens.
   *
   * @param perCompletion one number per completion of the rollout
   * @return one number per token of this micro-batch
   */
  public float[] spread(double[] perCompletion) {
    float[] flat = new float[tokens.predicted()];
    for (int i = 0; i < completions.length; i++) {
      for (int t = tokens.start(i); t < tokens.start(i + 1); t++) {
        flat[t] = (float) perCompletion[completions[i]];
      }
    }
    return flat;
  }

  /**
   * Repeats what is so of each completion for each of its tokens.
   *
   * @param perCompletion one per completion of the rollout
   * @return one per token of this micro-batch
   */
  public boolean[] spread(boolean[] perCompletion) {
    boolean[] flat = new boolean[tokens.predicted()];
    for (int i = 0; i < completions.length; i++) {
      Arrays.fill(flat, tokens.start(i), tokens.start(i + 1), perCompletion[completions[i]]);
    }
    return flat;
  }

  /**
   * Puts flat per-token numbers of this micro-batch where they belong in the rollout.
   *
   * @param flat one number per token of this micro-batch
   * @param perCompletion takes one array per completion
   */
  public void scatter(float[] flat, float[][] perCompletion) {
    scatter(flat, perCompletion, 1);
  }

  /** {@link #scatter(float[], float[][])} for {@code width} numbers per token. */
  public void scatter(float[] flat, float[][] perCompletion, int width) {
    for (int i = 0; i < completions.length; i++) {
      float[] row = new float[tokens.length(i) * width];
      System.arraycopy(flat, tokens.start(i) * width, row, 0, row.length);
      perCompletion[completions[i]] = row;
    }
  }
}
