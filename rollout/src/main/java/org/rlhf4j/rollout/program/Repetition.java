package org.rlhf4j.rollout.program;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** How much of a completion it has said before. */
public final class Repetition {
  private Repetition() {}

  /**
   * Of a completion's runs of tokens the share that already came earlier in it.
   *
   * @param ids its tokens
   * @param run how many tokens are a run, at least 1
   * @return from 0 to below 1; 0 where there are fewer tokens than a run has
   */
  public static double share(int[] ids, int run) {
    int runs = ids.length - run + 1;
    if (runs < 1) {
      return 0;
    }
    Set<List<Integer>> different = new HashSet<>();
    for (int i = 0; i < runs; i++) {
      different.add(Arrays.stream(ids, i, i + run).boxed().toList());
    }
    return 1 - (double) different.size() / runs;
  }
}
