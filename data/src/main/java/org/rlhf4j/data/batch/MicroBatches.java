package org.rlhf4j.data.batch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.settings.UsageException;

/**
 * Groups a batch by length under a token budget. Losses divide by counts over the whole batch, so
 * the grouping never changes a result beyond float error.
 */
public final class MicroBatches {

  private MicroBatches() {}

  /**
   * Groups trees, the longest first, so that what takes most memory comes at once; of equal length
   * the earlier first.
   *
   * @param trees a batch
   * @param tokenBudget the most tokens of a group, each prompt counted once; a tree longer than
   *     that is a group of its own
   * @return the groups, as indices of {@code trees}; each index is in one
   */
  public static List<int[]> of(List<TokenTree> trees, int tokenBudget) {
    if (tokenBudget < 1) {
      throw new UsageException(
          "micro-batch-tokens: " + tokenBudget + " is too small; give at least 1");
    }
    int[] byLength =
        IntStream.range(0, trees.size())
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> -trees.get(i).length()))
            .mapToInt(Integer::intValue)
            .toArray();
    List<int[]> groups = new ArrayList<>();
    int from = 0;
    long tokens = 0;
    for (int at = 0; at < byLength.length; at++) {
      int length = trees.get(byLength[at]).length();
      if (at > from && tokens + length > tokenBudget) {
        groups.add(Arrays.copyOfRange(byLength, from, at));
        from = at;
        tokens = 0;
      }
      tokens += length;
    }
    if (from < byLength.length) {
      groups.add(Arrays.copyOfRange(byLength, from, byLength.length));
    }
    return groups;
  }
}
