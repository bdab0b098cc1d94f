package org.rlhf4j.cli.rows;

import java.util.List;
import org.rlhf4j.data.row.Row;

/**
 * What a command does with rows that are taken together.
 *
 * @param <R> the rows' type
 * @param <I> a row as a network takes it
 */
interface RowWork<R extends Row, I> {

  /**
   * Makes a row ready.
   *
   * @param row the row
   * @param index its number among all rows, bad ones included, from 0
   * @throws UnfitRowException where the model can't take it
   */
  I prepare(R row, long index);

  /** How much of a batch's {@link #budget} an item takes. */
  int size(I item);

  /** How much a batch may hold; a larger item is a batch of its own. */
  int budget();

  /**
   * Computes a batch.
   *
   * @param items at least one
   * @return for each item its lines, usually one; each is written as a JSON object
   */
  List<List<Object>> lines(List<I> items);
}
