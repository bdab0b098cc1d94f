package org.rlhf4j.data.token;

import java.util.Locale;
import org.rlhf4j.data.file.BadRowException;
import org.rlhf4j.data.file.Location;

/**
 * The ids that a model has: those below the number of rows of its embedding. A tokenizer may know
 * more, where tokens were added to it alone.
 *
 * @param vocabulary rows of the model's embedding
 */
public record KnownIds(int vocabulary) {

  /** Where the model isn't known. */
  static final KnownIds ANY = new KnownIds(Integer.MAX_VALUE);

  /**
   * Makes sure that the model has ids.
   *
   * @param place where their row begins
   * @param ids a row's
   * @throws BadRowException if it hasn't
   */
  public void require(Location place, int[] ids) {
    for (int id : ids) {
      if (id >= vocabulary) {
        throw new BadRowException(
            place,
            String.format(
                Locale.ROOT,
                "the model has %d tokens, and the id %d isn't one of them; is this the model's"
                    + " tokenizer?",
                vocabulary,
                id));
      }
    }
  }
}
