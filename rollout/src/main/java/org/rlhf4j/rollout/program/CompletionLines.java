package org.rlhf4j.rollout.program;

import java.util.Arrays;
import org.rlhf4j.model.tokenizer.Tokenizer;

/**
 * The lines of a completion. A line ends with a line feed, the last one where the completion ends;
 * behind a line feed at the end there is no other. An empty text has none.
 */
public final class CompletionLines {
  private CompletionLines() {}

  /** The number of lines of a text. */
  public static int count(String text) {
    return feeds(text) + (text.isEmpty() || text.endsWith("\n") ? 0 : 1);
  }

  private static int feeds(String text) {
    return (int) text.chars().filter(c -> c == '\n').count();
  }

  /**
   * The token at which each line ends: the first after which its line feed is written; that of the
   * last line is the completion's last, a stop id included. A token can end several lines.
   *
   * @param lines how many there are
   * @param ids the completion's tokens
   * @param tokenizer theirs
   * @return an index of {@code ids} for each line, in ascending order
   */
  public static int[] lastTokens(int lines, int[] ids, Tokenizer tokenizer) {
    int[] last = new int[lines];
    for (int line = 0; line < lines - 1; line++) {
      last[line] = firstWith(line + 1, line == 0 ? 0 : last[line - 1], ids, tokenizer);
    }
    if (lines > 0) {
      last[lines - 1] = ids.length - 1;
    }
    return last;
  }

  /** The first token after which so many line feeds are written; they never become fewer. */
  private static int firstWith(int feeds, int from, int[] ids, Tokenizer tokenizer) {
    int low = from;
    int high = ids.length - 1;
    while (low < high) {
      int middle = (low + high) / 2;
      String text = tokenizer.decodeContinuation(Arrays.copyOf(ids, middle + 1));
      if (feeds(text) >= feeds) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
