package org.rlhf4j.model;

import java.util.ArrayList;
import java.util.List;

/**
 * Prompts and their completions as a network takes them: one flat row of tokens without padding,
 * each prompt once, followed by its completions. A completion attends to its prompt and to itself;
 * its positions go on from the prompt's end. Two results are read per completion: what is predicted
 * for its tokens (at the position before each), and the state at its last token.
 *
 * <p>A first token without anything before it (an empty prompt) is predicted by nothing and counts
 * as part of the prompt.
 */
public final class PackedTokens {
  private final long[] ids;
  private final long[] positions;
  private final long[] sizes;
  private final long[] branches;
  private final long[] predictors;
  private final long[] targets;
  private final long[] lastRows;
  private final int[] starts;

  private PackedTokens(Builder b) {
    ids = b.ids;
    positions = b.positions;
    sizes = longs(b.sizes);
    branches = longs(b.branches);
    predictors = b.predictors;
    targets = b.targets;
    lastRows = longs(b.lastRows);
    starts = b.starts.stream().mapToInt(Long::intValue).toArray();
  }

  /**
   * Packs trees in their order.
   *
   * @param trees at least one; each with at least one completion, each of at least one token
   * @return the network's input
   */
  public static PackedTokens of(List<TokenTree> trees) {
    Builder builder = new Builder(trees);
    trees.forEach(builder::add);
    return new PackedTokens(builder);
  }

  /** Token ids [N]. */
  public long[] ids() {
    return ids;
  }

  /** Position ids [N]. */
  public long[] positions() {
    return positions;
  }

  /** The lengths of the causal segments, in order. */
  long[] sizes() {
    return sizes;
  }

  /** For each tree the number of completions that branch from it; 0 where it is one segment. */
  long[] branches() {
    return branches;
  }

  /** For each predicted completion token the packed row whose state predicts it [M]. */
  public long[] predictors() {
    return predictors;
  }

  /** The predicted completion tokens [M], completion after completion. */
  public long[] targets() {
    return targets;
  }

  /** For each completion the packed row of its last token. */
  public long[] lastRows() {
    return lastRows;
  }

  /** The number of completions. */
  public int completions() {
    return lastRows.length;
  }

  /** The first of a completion's predicted tokens among all; {@code start(completions())} is M. */
  public int start(int completion) {
    return starts[completion];
  }

  /** How many of a completion's tokens are predicted. */
  public int length(int completion) {
    return starts[completion + 1] - starts[completion];
  }

  /** The number of packed tokens N. */
  public int tokens() {
    return ids.length;
  }

  /** The number of predicted tokens M. */
  public int predicted() {
    return targets.length;
  }

  private static long[] longs(List<Long> list) {
    return list.stream().mapToLong(Long::longValue).toArray();
  }

  private static final class Builder {
    private final long[] ids;
    private final long[] positions;
    private final long[] predictors;
    private final long[] targets;
    private final List<Long> sizes = new ArrayList<>();
    private final List<Long> branches = new ArrayList<>();
    private final List<Long> lastRows = new ArrayList<>();
    private final List<Long> starts = new ArrayList<>(List.of(0L));
    private int row;
    private int predicted;

    Builder(List<TokenTree> trees) {
      int tokens = 0;
      int completionTokens = 0;
      for (TokenTree tree : trees) {
        tokens += tree.prompt().length;
        for (int[] completion : tree.completions()) {
          tokens += completion.length;
          completionTokens += completion.length - (tree.prompt().length == 0 ? 1 : 0);
        }
      }
      ids = new long[tokens];
      positions = new long[tokens];
      predictors = new long[completionTokens];
      targets = new long[completionTokens];
    }

    void add(TokenTree tree) {
      int prompt = tree.prompt().length;
      int first = row;
      put(tree.prompt(), 0);
      boolean single = tree.completions().size() == 1;
      if (!single) {
        sizes.add((long) prompt);
      }
      for (int[] completion : tree.completions()) {
        int start = row;
        put(completion, prompt);
        for (int i = prompt == 0 ? 1 : 0; i < completion.length; i++) {
          predictors[predicted] = i == 0 ? first + prompt - 1 : start + i - 1;
          targets[predicted++] = completion[i];
        }
        starts.add((long) predicted);
        lastRows.add(row - 1L);
        sizes.add((long) completion.length + (single ? prompt : 0));
      }
      branches.add(single ? 0L : tree.completions().size());
    }

    private void put(int[] tokens, int position) {
      for (int i = 0; i < tokens.length; i++) {
        ids[row] = tokens[i];
        positions[row++] = (long) position + i;
      }
    }
  }
}
