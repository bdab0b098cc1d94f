package org.rlhf4j.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.settings.Precision;

/**
 * A copy of a language model's head. With final hidden states of the same moment it holds what the
 * next-token distributions were, without holding them.
 */
public final class HeadCopy implements AutoCloseable {
  private final NDManager manager;
  private final NDArray array;

  HeadCopy(NDArray head, Precision precision, Placement placement) {
    manager = Torch.manager();
    array = placement.zeros(manager, precision, head.getShape().getShape());
    Placement.copy(head, array);
  }

  /** The head [C, V]. */
  NDArray array() {
    return array;
  }

  @Override
  public void close() {
    manager.close();
  }
}
