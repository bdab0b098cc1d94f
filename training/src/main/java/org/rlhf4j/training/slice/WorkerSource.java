package org.rlhf4j.training.slice;

import java.io.IOException;
import java.io.Serializable;

/**
 * What another process makes its worker from. Two that are equal make the same worker.
 *
 * @param <W> the worker
 */
public interface WorkerSource<W extends SliceWorker> extends Serializable {

  /**
   * Loads models and rows, and makes sure that they are the trainer's and that this machine
   * computes the same numbers.
   *
   * @return the worker, to be closed
   * @throws org.rlhf4j.settings.UserException where it isn't so, one line saying why
   * @throws IOException where a file can't be read
   */
  W open() throws IOException;

  /** CPU threads that a slice is computed with. */
  int threads();
}
