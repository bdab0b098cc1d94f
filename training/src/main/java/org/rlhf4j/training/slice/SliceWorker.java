package org.rlhf4j.training.slice;

/** The models and rows of a run in a process that computes slices, one at a time. */
public interface SliceWorker extends AutoCloseable {

  /**
   * Takes over the weights that are trained.
   *
   * @param trained as the trainer has them; kept, not changed
   */
  void take(float[] trained);

  @Override
  void close();
}
