package org.rlhf4j.model;

import ai.djl.ndarray.NDList;

/** What a forward pass keeps for its backward pass: inputs, results and weights of its products. */
final class Tape {
  private final NDList entries = new NDList();

  void record(NDList recorded) {
    recorded.forEach(entry -> entry.setName("tape[]"));
    entries.addAll(recorded);
  }

  /** The entries in their order, named for a program's {@code tape: List[Tensor]}. */
  NDList taken() {
    NDList taken = new NDList(entries);
    entries.clear();
    return taken;
  }
}
