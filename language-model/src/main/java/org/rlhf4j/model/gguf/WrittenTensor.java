package org.rlhf4j.model.gguf;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.rlhf4j.model.weights.StridedTensor;

/**
 * A tensor of a checkpoint as a GGUF file has it.
 *
 * @param name its name in the file
 * @param source its name in the checkpoint, for messages
 * @param type its number format in the file
 * @param view the checkpoint's tensor in the file's shape, its rows in the checkpoint's order
 * @param order which row comes when
 */
record WrittenTensor(
    String name, String source, GgufType type, StridedTensor view, RowOrder order) {
  private static final int BLOCK = 1 << 18; // numbers encoded at a time

  /** Its shape in the file: a vector stays one. */
  List<Long> shape() {
    boolean column = view.shape().size() == 2 && view.shape().get(1) == 1 && order.moves();
    return column ? view.shape().subList(0, 1) : view.shape();
  }

  /** What it takes in the file. */
  long bytes() {
    return type.bytes(view.size());
  }

  void writeTo(OutputStream out) throws IOException {
    int columns = Math.toIntExact(view.size() / view.rows());
    int block = Math.max(1, Math.min(view.rows(), BLOCK / columns));
    float[] values = new float[block * columns];
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(type.bytes((long) block * columns)))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int row = 0; row < view.rows(); row += block) {
      int count = Math.min(block, view.rows() - row);
      values(row, count, values);
      BlockEncoder.encode(source, type, values, count * columns, bytes.clear());
      out.write(bytes.array(), 0, bytes.position());
    }
  }

  /** Rows of the file. */
  private void values(int row, int count, float[] values) {
    if (order.moves()) {
      int columns = Math.toIntExact(view.size() / view.rows());
      float[] one = new float[columns];
      for (int i = 0; i < count; i++) {
        view.get(order.named(row + i), 1, one);
        System.arraycopy(one, 0, values, i * columns, columns);
      }
    } else {
      view.get(row, count, values);
    }
    if (order.layout() == Layout.PLUS_ONE) {
      for (int i = 0; i < values.length; i++) {
        values[i] += 1;
      }
    }
  }

  /**
   * Overwrites the checkpoint's numbers by those that the file stands for.
   *
   * @param tensor the checkpoint's, which may be changed
   */
  void round(StridedTensor tensor) {
    if (type == GgufType.F32 && order.layout() != Layout.PLUS_ONE) {
      return;
    }
    StridedTensor changed = order.view(tensor);
    int columns = Math.toIntExact(view.size() / view.rows());
    float[] values = new float[columns];
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(type.bytes(columns))).order(ByteOrder.LITTLE_ENDIAN);
    for (int row = 0; row < view.rows(); row++) {
      values(row, 1, values);
      BlockEncoder.encode(source, type, values, columns, bytes.clear());
      Blocks.decode(type, bytes.flip(), values);
      if (order.layout() == Layout.PLUS_ONE) {
        for (int i = 0; i < columns; i++) {
          values[i] -= 1;
        }
      }
      changed.put(order.named(row), 1, values);
    }
  }
}
