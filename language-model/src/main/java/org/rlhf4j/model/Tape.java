package org.rlhf4j.model;

import ai.djl.ndarray.NDList;

/**
 * What a forward pass keeps for its backward pass: inputs, results and weights of its products; or,
 * with gradient checkpointing, the input of each layer alone, from which the backward pass computes
 * the rest anew.
 */
final class Tape {
  private final Dropout dropout;
  private final boolean checkpointing;
  private final NDList entries = new NDList();

  /**
   * A tape of a pass.
   *
   * @param dropout what its adapters don't see of their inputs, or null
   * @param checkpointing whether the layers' inputs alone are kept
   */
  Tape(Dropout dropout, boolean checkpointing) {
    this.dropout = dropout;
    this.checkpointing = checkpointing;
  }

  /** Whether the layers' inputs alone are kept. */
  boolean checkpointing() {
    return checkpointing;
  }

  /** What the pass's dropout is drawn from, one for each token; none where there is no dropout. */
  int[] dropoutKeys(PackedTokens tokens) {
    return dropout == null ? new int[0] : dropout.keys(tokens);
  }

  void record(NDList recorded) {
    recorded.forEach(entry -> entry.setName("tape[]"));
    entries.addAll(recorded);
  }

  /** The entries in their order, named for a script's {@code tape: List[Tensor]}. */
  NDList taken() {
    NDList taken = new NDList(entries);
    entries.clear();
    return taken;
  }
}
