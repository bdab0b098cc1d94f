package org.rlhf4j.training.slice;

import java.io.Serializable;

/**
 * A part of a step's work. Its result is a function of the slice, of the run's settings and of the
 * weights that its worker was given, so it is the same in each process, and again if it is computed
 * twice.
 *
 * @param <W> what computes it
 * @param <R> its result
 */
@FunctionalInterface
public interface Slice<W, R extends Serializable> extends Serializable {

  /**
   * Computes it.
   *
   * @param worker has the weights of the step, and gradients of zero
   */
  R compute(W worker);
}
