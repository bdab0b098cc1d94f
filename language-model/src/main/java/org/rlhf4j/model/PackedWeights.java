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
  /** With more rows a packed fp32 matrix is multiplied no faster; scripts have this bound too. */
  static final int FEW_ROWS = 16;

  /**
   * In how many steps of few rows packing in fp32 is paid back: about 100 where the memory for it
   * is at hand, 600 where it is fresh. How many will come isn't known before rows end, so packing
   * waits until as many were made.
   */
  static final int PAID_BACK = 256;

  /**
   * The same in bf16, whatever the rows: about 15. A packed bf16 matrix is multiplied up to three
   * times as fast, and even by 128 rows no slower, so nothing is waited for.
   */
  static final int PAID_BACK_IN_BF16 = 32;

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
    if (!weightsPacked && canBePacked(model) && pays(rows, ahead)) {
      weightsPacked = true; // before it is done: what a failure leaves is dropped too
      pack();
    }
  }

  private boolean pays(int rows, int ahead) {
    return model.precision() == Precision.BF16
        ? ahead >= PAID_BACK_IN_BF16
        : isFew(rows) && steps >= PAID_BACK && ahead >= PAID_BACK;
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

  /** It is processors whose library has an order of its own. */
  private static boolean canBePacked(LanguageModel model) {
    return model.weights().placement().isHost();
  }

  /** Bytes of the copies that sampling makes at most, if all rows take so many steps. */
  static long bytes(LanguageModel model, long steps) {
    boolean bf16 = model.precision() == Precision.BF16;
    boolean packs = canBePacked(model) && steps >= (bf16 ? PAID_BACK_IN_BF16 : 2 * PAID_BACK);
    NDList weights = model.weights().computed();
    long bytes = bf16 ? 2 : 4;
    return packs
        ? Arrays.stream(matrices(model)).map(i -> bytes * weights.get((int) i).size()).sum()
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

  /**
   * The indices of the layers' matrices among the weights, and in fp32 of the head. Logits are made
   * in fp32, so a bf16 head is widened anyway.
   */
  private static long[] matrices(LanguageModel model) {
    LongStream layers =
        LinearModule.all(model.weights().specs()).stream().mapToLong(LinearModule::parameter);
    return model.precision() == Precision.BF16
        ? layers.distinct().toArray()
        : LongStream.concat(layers, LongStream.of(model.headIndex())).distinct().toArray();
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
