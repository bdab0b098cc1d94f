package org.rlhf4j.model.weights;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.rlhf4j.model.random.CounterRandom;

/**
 * One weight tensor as the scripts see it, and how it lies in a Hugging Face checkpoint.
 *
 * @param name the script's name for it
 * @param shape its shape
 * @param parts the checkpoint's tensors that it holds (one, or several for fused projections)
 * @param transposed whether it holds the transposes of its parts, side by side: checkpoints have
 *     matrices as [out, in], scripts as [in, out]; else they lie one after another
 * @param initial how a fresh one is drawn
 */
public record ParameterSpec(
    String name, List<Long> shape, List<Part> parts, boolean transposed, Initial initial) {

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
   * A normal or a uniform distribution around zero, or a constant where {@code deviation} and
   * {@code bound} are 0.
   *
   * @param deviation the standard deviation of a normal one
   * @param bound the largest value of a uniform one
   * @param constant the value where there is neither
   */
  public record Initial(double deviation, double bound, double constant) {
    /** All zeros. */
    public static final Initial ZEROS = new Initial(0, 0, 0);

    /** All ones. */
    public static final Initial ONES = new Initial(0, 0, 1);

    /** A normal distribution around zero. */
    public static Initial normal(double deviation) {
      return new Initial(deviation, 0, 0);
    }

    /** A uniform distribution between {@code -bound} and {@code bound}. */
    public static Initial uniform(double bound) {
      return new Initial(0, bound, 0);
    }

    /** Fills memory with fp32 numbers of this distribution, the n-th drawn under the number n. */
    void fill(ByteBuffer memory, CounterRandom random) {
      for (long n = 0; memory.hasRemaining(); n++) {
        double value = constant;
        if (bound > 0) {
          value = bound * (2 * random.uniform(n) - 1);
        } else if (deviation > 0) {
          value = deviation * random.normal(n);
        }
        memory.putFloat((float) value);
      }
    }
  }

  /** The number of elements. */
  public long size() {
    return product(shape);
  }

  /** Whether it is a matrix of more than one row: what networks in bf16 have in bf16. */
  boolean isMatrix() {
    return shape.size() == 2 && shape.get(0) > 1;
  }

  /** A parameter that is one tensor of the checkpoint. */
  public static ParameterSpec of(String tensor, Initial initial, long... shape) {
    List<Long> dims = boxed(shape);
    return new ParameterSpec(tensor, dims, List.of(new Part(tensor, dims)), false, initial);
  }

  /** A parameter that holds a checkpoint's [out, in] matrix as [in, out]. */
  public static ParameterSpec transposed(String tensor, Initial initial, long out, long in) {
    return transposed(tensor, initial, List.of(part(tensor, out, in)));
  }

  /** A parameter that holds several [out, in] matrices of a checkpoint as one [in, Σ out]. */
  public static ParameterSpec transposed(String name, Initial initial, List<Part> parts) {
    long columns = parts.stream().mapToLong(part -> part.shape().get(0)).sum();
    List<Long> shape = List.of(parts.get(0).shape().get(1), columns);
    return new ParameterSpec(name, shape, List.copyOf(parts), true, initial);
  }

  /** A parameter that holds several vectors of a checkpoint as one. */
  public static ParameterSpec joined(String name, Initial initial, List<Part> parts) {
    long size = parts.stream().mapToLong(Part::size).sum();
    return new ParameterSpec(name, List.of(size), List.copyOf(parts), false, initial);
  }

  /** A tensor of a checkpoint. */
  public static Part part(String tensor, long... shape) {
    return new Part(tensor, boxed(shape));
  }

  private static List<Long> boxed(long... shape) {
    return Arrays.stream(shape).boxed().toList();
  }

  private static long product(List<Long> shape) {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }
}
