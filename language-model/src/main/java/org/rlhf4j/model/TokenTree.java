package org.rlhf4j.model;

import java.util.List;

/**
 * A prompt and its completions, the unit of every batch: a demonstration has one completion, a
 * comparison two or more (best first), a group as many as were sampled. The prompt is computed once
 * for all of them. What is trained on follows from the lengths alone, never from an id's value.
 *
 * @param prompt token ids, BOS included where the tokenizer adds one; may be empty, and then the
 *     first token of a completion has no predictor and isn't scored
 * @param completions at least one; token ids, at least one each, EOS included where there is one
 */
public record TokenTree(int[] prompt, List<int[]> completions) {

  /** Checks the shape; the arrays are kept, not copied. */
  public TokenTree {
    completions = List.copyOf(completions);
    if (completions.isEmpty()) {
      throw new IllegalArgumentException("a token tree needs at least one completion");
    }
    requireIds(prompt);
    for (int[] completion : completions) {
      requireIds(completion);
      if (completion.length == 0) {
        throw new IllegalArgumentException("a completion needs at least one token");
      }
    }
  }

  /**
   * Creates the tree of a prompt with a single completion.
   *
   * @param prompt token ids
   * @param completion token ids
   * @return the tree
   */
  public static TokenTree of(int[] prompt, int[] completion) {
    return new TokenTree(prompt, List.of(completion));
  }

  /**
   * Counts the tokens that the network sees: the prompt once and every completion.
   *
   * @return the number of tokens
   */
  public int length() {
    return prompt.length + completionTokens();
  }

  /**
   * Counts the tokens of all completions.
   *
   * @return the number of tokens
   */
  public int completionTokens() {
    int tokens = 0;
    for (int[] completion : completions) {
      tokens += completion.length;
    }
    return tokens;
  }

  private static void requireIds(int[] ids) {
    for (int id : ids) {
      if (id < 0) {
        throw new IllegalArgumentException("token id " + id + " is negative");
      }
    }
  }
}
