package org.rlhf4j.data.token;

import java.io.Serializable;
import java.util.List;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.model.TokenTree;

/**
 * What training needs of a row, as another process gets it.
 *
 * @param prompt ids
 * @param completions ids of each
 * @param completionMask for each token of the completions whether it is trained on
 * @param margin of a comparison, else 0
 * @param location where the row begins
 */
public record SentRow(
    int[] prompt, int[][] completions, boolean[] completionMask, double margin, Location location)
    implements TrainingRow, Serializable {

  /** The same row, to be sent. */
  public static SentRow of(TrainingRow row) {
    return new SentRow(
        row.tree().prompt(),
        row.tree().completions().toArray(int[][]::new),
        row.completionMask(),
        row.margin(),
        row.location());
  }

  /** The same rows, to be sent. */
  public static SentRow[] of(List<? extends TrainingRow> rows) {
    return rows.stream().map(SentRow::of).toArray(SentRow[]::new);
  }

  @Override
  public TokenTree tree() {
    return new TokenTree(prompt, List.of(completions));
  }
}
