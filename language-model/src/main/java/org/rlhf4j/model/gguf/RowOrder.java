package org.rlhf4j.model.gguf;

import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.model.weights.StridedTensor;

/**
 * In which order a file has the rows of a checkpoint's tensor. llama.cpp turns neighbouring numbers
 * of Llama's heads where transformers turns one of the first half with one of the second, and takes
 * the parts of GPT-NeoX's fused matrix one after another.
 *
 * @param layout how the tensor lies
 * @param heads how many heads its rows are of
 * @param headSize the rows of a head
 */
record RowOrder(Layout layout, int heads, int headSize) {

  static RowOrder of(Layout layout, Dimensions d) {
    int heads = layout == Layout.KEY_PAIRS ? d.kvHeads() : d.heads();
    return new RowOrder(layout, heads, d.headSize());
  }

  /** Whether rows lie in another order than the checkpoint's. */
  boolean moves() {
    return switch (layout) {
      case QUERY_PAIRS, KEY_PAIRS, BY_KIND -> true;
      case SAME, TRANSPOSED, PLUS_ONE, BY_HEAD, SINGLE -> false;
    };
  }

  /** The checkpoint's row that is a row of the file. */
  int named(int stored) {
    int head = stored / headSize;
    int row = stored % headSize;
    return switch (layout) {
      case QUERY_PAIRS, KEY_PAIRS -> head * headSize + row % 2 * (headSize / 2) + row / 2;
      case BY_KIND -> (head % heads * 3 + head / heads) * headSize + row;
      case SAME, TRANSPOSED, PLUS_ONE, BY_HEAD, SINGLE -> stored;
    };
  }

  /**
   * A checkpoint's tensor with the shape that it has in a file: matrices transposed where the file
   * has them so, vectors whose elements are rows as columns of one number.
   */
  StridedTensor view(StridedTensor tensor) {
    if (layout == Layout.TRANSPOSED && tensor.shape().size() == 2) {
      return tensor.transposed();
    }
    return moves() && tensor.shape().size() == 1 ? tensor.asColumn() : tensor;
  }
}
