package org.rlhf4j.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * A checkpoint's tensor as it lies in memory, fp32, little-endian: element (row, column) is float
 * number {@code start + row · rowStride + column · columnStride}. Rows run over the first
 * dimension; a vector or scalar is one row.
 *
 * @param shape the tensor's shape in the checkpoint
 * @param memory the memory that it lies in, from index 0 on
 * @param start the float number of its first element
 * @param rowStride how many floats apart rows are
 * @param columnStride how many floats apart a row's neighbours are
 */
public record StridedTensor(
    List<Long> shape, ByteBuffer memory, int start, int rowStride, int columnStride) {

  /**
   * A tensor whose elements lie one after another.
   *
   * @param shape its shape
   * @param memory its elements from index 0 on
   * @return the tensor
   */
  public static StridedTensor contiguous(List<Long> shape, ByteBuffer memory) {
    return contiguous(shape, memory, 0);
  }

  /** A tensor whose elements lie one after another from float number {@code start} on. */
  static StridedTensor contiguous(List<Long> shape, ByteBuffer memory, int start) {
    return new StridedTensor(shape, memory, start, Math.toIntExact(columns(shape)), 1);
  }

  private static long columns(List<Long> shape) {
    return shape.stream().skip(shape.size() > 1 ? 1 : 0).reduce(1L, Math::multiplyExact);
  }

  /** The number of elements. */
  public long size() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  int rows() {
    return shape.size() > 1 ? Math.toIntExact(shape.get(0)) : 1;
  }

  int columns() {
    return Math.toIntExact(columns(shape));
  }

  /** Copies whole rows out, one after another. */
  void get(int row, int count, float[] values) {
    FloatBuffer floats = floats();
    int columns = columns();
    if (columnStride == 1) {
      floats.get(start + row * rowStride, values, 0, count * columns);
      return;
    }
    for (int column = 0; column < columns; column++) {
      int from = start + row * rowStride + column * columnStride;
      for (int i = 0; i < count; i++) {
        values[i * columns + column] = floats.get(from + i * rowStride);
      }
    }
  }

  /** Overwrites whole rows by values that lie one after another. */
  void put(int row, int count, float[] values) {
    FloatBuffer floats = floats();
    int columns = columns();
    if (columnStride == 1) {
      floats.put(start + row * rowStride, values, 0, count * columns);
      return;
    }
    for (int column = 0; column < columns; column++) {
      int to = start + row * rowStride + column * columnStride;
      for (int i = 0; i < count; i++) {
        floats.put(to + i * rowStride, values[i * columns + column]);
      }
    }
  }

  /** All elements in the checkpoint's order. */
  public float[] values() {
    float[] values = new float[Math.toIntExact(size())];
    get(0, rows(), values);
    return values;
  }

  private FloatBuffer floats() {
    return memory.duplicate().clear().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }
}
