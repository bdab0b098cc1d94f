package org.rlhf4j.model;

import java.util.Arrays;
import java.util.List;

/**
 * One weight tensor as the programs see it, and how it lies in a Hugging Face checkpoint.
 *
 * @param name the program's name for it
 * @param shape its shape
 * @param parts the checkpoint's tensors that it holds one after another along its first dimension
 *     (one, or several for fused projections)
 * @param initial how a fresh one is drawn
 */
public record ParameterSpec(String name, List<Long> shape, List<Part> parts, Initial initial) {

  /**
   * A tensor of a checkpoint.
   *
   * @param tensor its Hugging Face name
   * @param shape its shape there
   */
  public record Part(String tensor, List<Long> shape) {
    /** The number of elements. */
    public long size() {
      return product(shape);
    }
  }

  /**
   * A normal distribution around zero, or a constant where {@code deviation} is 0.
   *
   * @param deviation the standard deviation
   * @param constant the value where there is none
   */
  public record Initial(double deviation, double constant) {
    static final Initial ZEROS = new Initial(0, 0);
    static final Initial ONES = new Initial(0, 1);

    static Initial normal(double deviation) {
      return new Initial(deviation, 0);
    }
  }

  /** The number of elements. */
  public long size() {
    return product(shape);
  }

  /** A parameter that is one tensor of the checkpoint. */
  static ParameterSpec of(String tensor, Initial initial, long... shape) {
    List<Long> dims = boxed(shape);
    return new ParameterSpec(tensor, dims, List.of(new Part(tensor, dims)), initial);
  }

  /** A parameter that holds several matrices of a checkpoint, stacked by rows. */
  static ParameterSpec stacked(String name, Initial initial, List<Part> parts) {
    long rows = parts.stream().mapToLong(part -> part.shape().get(0)).sum();
    return new ParameterSpec(
        name, List.of(rows, parts.get(0).shape().get(1)), List.copyOf(parts), initial);
  }

  static Part part(String tensor, long... shape) {
    return new Part(tensor, boxed(shape));
  }

  private static List<Long> boxed(long... shape) {
    return Arrays.stream(shape).boxed().toList();
  }

  private static long product(List<Long> shape) {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }
}
