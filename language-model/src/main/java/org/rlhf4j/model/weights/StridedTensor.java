package org.rlhf4j.model.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.List;
import java.util.function.Supplier;
import org.rlhf4j.model.torch.Bf16;
import org.rlhf4j.settings.Precision;

/**
 * A checkpoint's tensor as it lies in memory, little-endian: element (row, column) is number {@code
 * start + row · rowStride + column · columnStride}. Rows run over the first dimension; a vector or
 * scalar is one row.
 *
 * @param shape the tensor's shape in the checkpoint
 * @param memory gives the memory that it lies in, from index 0 on: where that is on a device, a
 *     copy
 * @param start the number of its first element
 * @param rowStride how many numbers apart rows are
 * @param columnStride how many numbers apart a row's neighbours are
 * @param precision the format of the numbers
 */
public record StridedTensor(
    List<Long> shape,
    Supplier<ByteBuffer> memory,
    int start,
    int rowStride,
    int columnStride,
    Precision precision) {

  /**
   * An fp32 tensor whose elements lie one after another.
   *
   * @param shape its shape
   * @param memory its elements from index 0 on
   * @return the tensor
   */
  public static StridedTensor contiguous(List<Long> shape, ByteBuffer memory) {
    return contiguous(shape, () -> memory, 0, Precision.FP32);
  }

  /** The same of memory that is asked for when it is needed. */
  public static StridedTensor contiguous(List<Long> shape, Supplier<ByteBuffer> memory) {
    return contiguous(shape, memory, 0, Precision.FP32);
  }

  /** A tensor whose elements lie one after another from number {@code start} on. */
  static StridedTensor contiguous(
      List<Long> shape, Supplier<ByteBuffer> memory, int start, Precision precision) {
    return new StridedTensor(shape, memory, start, Math.toIntExact(columns(shape)), 1, precision);
  }

  private static long columns(List<Long> shape) {
    return shape.stream().skip(shape.size() > 1 ? 1 : 0).reduce(1L, Math::multiplyExact);
  }

  /** The transpose of a matrix, in the same memory. */
  public StridedTensor transposed() {
    List<Long> turned = List.of(shape.get(1), shape.get(0));
    return new StridedTensor(turned, memory, start, columnStride, rowStride, precision);
  }

  /** A vector as a matrix of one column, in the same memory. */
  public StridedTensor asColumn() {
    List<Long> column = List.of(shape.get(0), 1L);
    return new StridedTensor(column, memory, start, columnStride, columnStride, precision);
  }

  /**
   * Vectors as the rows of a matrix, in their memory.
   *
   * @param vectors of one size, one after another in the same memory
   */
  public static StridedTensor stacked(List<StridedTensor> vectors) {
    StridedTensor first = vectors.get(0);
    int columns = first.columns();
    for (int i = 0; i < vectors.size(); i++) {
      StridedTensor vector = vectors.get(i);
      if (vector.memory != first.memory || vector.start != first.start + i * columns) {
        throw new IllegalArgumentException("vector " + i + " doesn't follow the one before it");
      }
    }
    List<Long> shape = List.of((long) vectors.size(), (long) columns);
    return new StridedTensor(
        shape, first.memory, first.start, columns, first.columnStride, first.precision);
  }

  /** The number of elements. */
  public long size() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /** The size of the first of several dimensions, else 1. */
  public int rows() {
    return shape.size() > 1 ? Math.toIntExact(shape.get(0)) : 1;
  }

  int columns() {
    return Math.toIntExact(columns(shape));
  }

  /** Copies whole rows out, one after another. */
  public void get(int row, int count, float[] values) {
    if (precision == Precision.BF16) {
      ShortBuffer halves = bytes().asShortBuffer();
      for (int i = 0, columns = columns(); i < count * columns; i++) {
        values[i] = Bf16.toFloat(halves.get(place(row + i / columns, i % columns)));
      }
      return;
    }
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

  /** Overwrites whole rows by values that lie one after another, rounded to the format. */
  public void put(int row, int count, float[] values) {
    if (precision == Precision.BF16) {
      ShortBuffer halves = bytes().asShortBuffer();
      for (int i = 0, columns = columns(); i < count * columns; i++) {
        halves.put(place(row + i / columns, i % columns), Bf16.of(values[i]));
      }
      return;
    }
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

  private int place(int row, int column) {
    return start + row * rowStride + column * columnStride;
  }

  /** The same tensor with its memory at hand, so that one on a device is copied once. */
  public StridedTensor onHost() {
    ByteBuffer here = memory.get();
    return new StridedTensor(shape, () -> here, start, rowStride, columnStride, precision);
  }

  private FloatBuffer floats() {
    return bytes().asFloatBuffer();
  }

  private ByteBuffer bytes() {
    return memory.get().duplicate().clear().order(ByteOrder.LITTLE_ENDIAN);
  }
}
