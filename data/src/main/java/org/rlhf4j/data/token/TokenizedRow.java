package org.rlhf4j.data.token;

import java.util.Arrays;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.model.TokenTree;

/**
 * A row as token ids, cut to fit.
 *
 * @param tree the prompt's ids after the cut, and those of each completion
 * @param completionMask for each token of the completions, one after another, whether it is trained
 *     on, if it has a predictor; of a dialogue the assistant's turns alone are
 * @param row where it comes from; of messages, the row as text
 * @param margin of a comparison, else 0
 * @param cut how many ids the prompt lost at its beginning, behind a BOS
 */
public record TokenizedRow(
    TokenTree tree, boolean[] completionMask, Row row, double margin, int cut)
    implements TrainingRow {

  /** Checks the mask's length; the array is kept, not copied. */
  public TokenizedRow {
    if (completionMask.length != tree.completionTokens()) {
      throw new IllegalArgumentException(
          completionMask.length + " mask values for " + tree.completionTokens() + " tokens");
    }
  }

  /**
   * Creates a row of which every completion token is trained on.
   *
   * @param tree the prompt's ids after the cut, and those of each completion
   * @param row where it comes from
   * @param margin of a comparison, else 0
   * @param cut how many ids the prompt lost at its beginning, behind a BOS
   */
  public TokenizedRow(TokenTree tree, Row row, double margin, int cut) {
    this(tree, everything(tree), row, margin, cut);
  }

  private static boolean[] everything(TokenTree tree) {
    boolean[] mask = new boolean[tree.completionTokens()];
    Arrays.fill(mask, true);
    return mask;
  }

  @Override
  public Location location() {
    return row.location();
  }
}
