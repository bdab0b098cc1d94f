package org.rlhf4j.data.token;

import org.rlhf4j.data.file.Location;
import org.rlhf4j.model.TokenTree;

/** What training needs of a row. */
public interface TrainingRow {

  /**
   * Returns the row's token ids.
   *
   * @return the prompt's, after the cut, and those of each completion
   */
  TokenTree tree();

  /**
   * Returns what of the completions is trained on.
   *
   * @return for each of their tokens, one after another, whether it is, if it has a predictor
   */
  boolean[] completionMask();

  /**
   * Returns by how much a comparison's chosen score should exceed the rejected one.
   *
   * @return 0 where no one says
   */
  double margin();

  /**
   * Returns where the row begins.
   *
   * @return its place
   */
  Location location();
}
