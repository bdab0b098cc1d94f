package org.rlhf4j.cli.rows;

import java.util.List;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.model.family.Dimensions;

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
   * @throws org.rlhf4j.data.file.BadRowException where it has nothing to compute
   */
  I prepare(R row, long index);

  /** What goes through the network of an item: of each text its ids. */
  List<int[]> ids(I item);

  /** The network's dimensions; a row whose ids don't fit them is bad. */
  Dimensions dimensions();

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
