package org.rlhf4j.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random prompts and completions in the fixtures' vocabulary, the same for the same seed. */
public final class RandomTokens {
  private static final int VOCABULARY = 97;

  private final Random random;

  public RandomTokens(long seed) {
    this.random = new Random(seed);
  }

  public int[] ids(int length) {
    return random.ints(length, 0, VOCABULARY).toArray();
  }

  /** A prompt with completions of these lengths. */
  public TokenTree tree(int prompt, int... completions) {
    int[] promptIds = ids(prompt);
    List<int[]> all = new ArrayList<>();
    for (int length : completions) {
      all.add(ids(length));
    }
    return new TokenTree(promptIds, all);
  }

  /** Numbers between −1 and 1. */
  public float[] weights(int count) {
    float[] weights = new float[count];
    for (int i = 0; i < count; i++) {
      weights[i] = 2 * random.nextFloat() - 1;
    }
    return weights;
  }
}
