package org.rlhf4j.training.slice;

import java.io.Serializable;
import java.util.List;

/**
 * Where the slices of a run's steps are computed.
 *
 * @param <W> what computes them
 */
public interface Slices<W extends SliceWorker> extends AutoCloseable {

  /**
   * Gives all workers the weights that are trained, unless they have them.
   *
   * @param trained as they are from now on; kept, not changed
   */
  void publish(float[] trained);

  /**
   * Computes slices with the weights that were published last.
   *
   * @param slices in any number
   * @param <R> what each gives
   * @return their results in the order of the slices, wherever and whenever they were computed
   */
  <R extends Serializable> List<R> compute(List<? extends Slice<? super W, R>> slices);

  @Override
  void close();
}
