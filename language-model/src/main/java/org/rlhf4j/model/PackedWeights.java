package org.rlhf4j.model;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.rlhf4j.model.adapter.LinearModule;
import org.rlhf4j.settings.Precision;

/**
 * Copies of a model's matrices in the order in which the processor's library reads them for few
 * rows, made while sampling where that is long enough to pay. They take the weights' memory once
 * more until they are closed, and the weights mustn't change meanwhile.
 */
final class PackedWeights implements AutoCloseable {
  /** With more rows a packed matrix is multiplied no faster; scripts have this bound too. */
  static final int FEW_ROWS = 16;

  /**
   * In how many steps of few rows packing is paid back: about 100 where the memory for it is at
   * hand, 600 where it is fresh. How many will come isn't known before rows end, so packing waits
   * until as many were made.
   */
  static final int PAID_BACK = 256;

  private final LanguageModel model;
  private int steps;
  private boolean weightsPacked;

  /** Nothing yet. */
  PackedWeights(LanguageModel model) {
    this.model = model;
  }

  /**
   * Packs where steps with few rows have become many and may go on.
   *
   * @param rows of the steps that come next
   * @param ahead how many steps may come
   */
  void before(int rows, int ahead) {
    boolean pays = isFew(rows) && steps >= PAID_BACK && ahead >= PAID_BACK;
    if (pays && !weightsPacked && canBePacked(model)) {
      weightsPacked = true; // before it is done: what a failure leaves is dropped too
      pack();
    }
  }

  /** Counts steps that were made. */
  void after(int rows, int made) {
    if (isFew(rows)) {
      steps += made;
    }
  }

  boolean weightsPacked() {
    return weightsPacked;
  }

  /** One row reads the weights once in either order. */
  private static boolean isFew(int rows) {
    return rows > 1 && rows <= FEW_ROWS;
  }

  /** It is processors whose library has an order of its own, and for fp32. */
  private static boolean canBePacked(LanguageModel model) {
    return model.precision() == Precision.FP32 && model.weights().placement().isHost();
  }

  /** Bytes of the copies that sampling makes at most, if all rows take so many steps. */
  static long bytes(LanguageModel model, long steps) {
    boolean packs = canBePacked(model) && steps >= 2 * PAID_BACK;
    NDList weights = model.weights().computed();
    return packs
        ? Arrays.stream(matrices(model)).map(i -> 4 * weights.get((int) i).size()).sum()
        : 0;
  }

  private void pack() {
    try (NDManager scope = model.weights().manager().newSubManager()) {
      NDList in = new NDList(scope.create(matrices(model)));
      in.addAll(model.weights().computed());
      in.add(scope.create((long) FEW_ROWS));
      model.network().run("pack_weights", in, false);
    }
  }

  /** The indices of the layers' matrices and the head's among the weights. */
  private static long[] matrices(LanguageModel model) {
    LongStream layers =
        LinearModule.all(model.weights().specs()).stream().mapToLong(LinearModule::parameter);
    return LongStream.concat(layers, LongStream.of(model.headIndex())).distinct().toArray();
  }

  @Override
  public void close() {
    if (weightsPacked) {
      try (NDManager scope = model.weights().manager().newSubManager()) {
        model.network().run("unpack_weights", new NDList(scope.create(0L)), false);
      }
    }
  }
}
