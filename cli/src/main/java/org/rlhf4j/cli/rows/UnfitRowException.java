package org.rlhf4j.cli.rows;

import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.settings.UserException;

/** Thrown where a row can be read but a model can't take it; the other rows are none the worse. */
final class UnfitRowException extends UserException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the failure.
   *
   * @param reason what is wrong and what to do; the row's place is put before it
   */
  UnfitRowException(String reason) {
    super(reason);
  }

  /** Refuses more tokens than a model has positions, and ids that it has no embedding for. */
  static void requireFit(int[] ids, Dimensions model) {
    if (ids.length > model.positions()) {
      throw new UnfitRowException(
          "%,d tokens are more than the model's %,d positions; shorten the row"
              .formatted(ids.length, model.positions()));
    }
    for (int id : ids) {
      if (id >= model.vocabulary()) {
        throw new UnfitRowException(
            "token id %d is none of the model's %d; is this the model's tokenizer?"
                .formatted(id, model.vocabulary()));
      }
    }
  }
}
