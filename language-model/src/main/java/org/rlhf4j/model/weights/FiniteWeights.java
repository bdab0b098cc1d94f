package org.rlhf4j.model.weights;

import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Path;
import java.util.Optional;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UserException;

/** Looks for weights that are NaN or infinite: one pass over the memory, without a copy. */
public final class FiniteWeights {
  // All bits of the exponent are set in NaN and infinity; bf16 is the upper half of fp32.
  private static final int EXPONENT = 0x7f800000;
  private static final int UPPER_EXPONENT = EXPONENT >>> 16;

  private FiniteWeights() {}

  /**
   * A number that isn't finite.
   *
   * @param tensor the tensor that holds it, by its name in a checkpoint
   * @param value NaN or an infinity
   */
  public record Fault(String tensor, float value) {
    /**
     * Refuses a file for it.
     *
     * @param file the file
     * @param name the tensor's name there
     */
    public UserException refusal(Path file, String name) {
      return new UserException(
          ("%s: tensor %s holds %s, so nothing can be computed with it; name an earlier checkpoint,"
                  + " or download it again")
              .formatted(file, name, value));
    }

    @Override
    public String toString() {
      return tensor + " holds " + value;
    }
  }

  /**
   * Looks at all weights of a network.
   *
   * @param weights fp32, as trained ones are
   * @return the first tensor that isn't finite; empty where all are
   */
  public static Optional<Fault> fault(Parameters weights) {
    long[] finite = weights.placement().isHost() ? null : WeightUpdate.finite(weights);
    for (int i = 0; i < weights.specs().size(); i++) {
      if (weights.precision(i) != Precision.FP32) {
        throw new IllegalArgumentException(weights.specs().get(i).name() + " is held in bf16");
      }
      if (finite == null || finite[i] == 0) {
        Optional<Fault> fault = fault(weights.specs().get(i), weights.read(i), Precision.FP32);
        if (fault.isPresent()) {
          return fault;
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Looks at one parameter.
   *
   * @param spec what it is
   * @param memory its numbers
   * @param precision their format
   * @return the first of its tensors that isn't finite; empty where all are
   */
  public static Optional<Fault> fault(ParameterSpec spec, ByteBuffer memory, Precision precision) {
    boolean finite =
        precision == Precision.FP32
            ? isFinite(memory.asIntBuffer())
            : isFinite(memory.asShortBuffer());
    return finite
        ? Optional.empty()
        : Parameters.parts(spec, memory, precision).entrySet().stream()
            .flatMap(tensor -> fault(tensor.getKey(), tensor.getValue().values()).stream())
            .findFirst();
  }

  private static boolean isFinite(IntBuffer bits) {
    for (int i = 0, size = bits.remaining(); i < size; i++) {
      if ((bits.get(i) & EXPONENT) == EXPONENT) {
        return false;
      }
    }
    return true;
  }

  private static boolean isFinite(ShortBuffer bits) {
    for (int i = 0, size = bits.remaining(); i < size; i++) {
      if ((bits.get(i) & UPPER_EXPONENT) == UPPER_EXPONENT) {
        return false;
      }
    }
    return true;
  }

  private static Optional<Fault> fault(String tensor, float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return Optional.of(new Fault(tensor, value));
      }
    }
    return Optional.empty();
  }
}
