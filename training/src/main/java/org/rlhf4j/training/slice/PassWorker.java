package org.rlhf4j.training.slice;

/**
 * A process that computes gradients of a run's updates.
 *
 * @param <P> how: it adds gradients to what is trained
 */
public interface PassWorker<P> extends SliceWorker {

  /** How gradients are computed. */
  P passes();

  /** What they are the gradients of. */
  TrainedWeights trained();

  /** What the process computed with its models before it took over any weights. */
  Probe probe();

  @Override
  default void take(float[] weights) {
    trained().setValues(weights);
  }
}
