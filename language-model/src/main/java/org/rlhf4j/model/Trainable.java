package org.rlhf4j.model;

import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.settings.Precision;

/** A network with the weights that are trained of it: a language model or a scalar one. */
public interface Trainable {

  /** The configuration. */
  ModelConfig config();

  /** What is trained: all weights, or an adapter's and a scalar head. */
  Parameters parameters();

  /** How many weights aren't trained: those under an adapter. */
  long frozenCount();

  /** The number format that the network computes in. */
  Precision precision();

  /**
   * Sets whether training passes keep the input of each layer alone and compute the layer once more
   * on the way back: less memory, a third more arithmetic, the same gradients bit for bit.
   *
   * @param checkpointing whether they do; they don't at first
   */
  void checkpointGradients(boolean checkpointing);

  /** Whether training passes keep the input of each layer alone. */
  boolean checkpointsGradients();
}
