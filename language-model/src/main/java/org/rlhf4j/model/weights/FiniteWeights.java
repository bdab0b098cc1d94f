package org.rlhf4j.model.weights;

import java.nio.IntBuffer;
import java.util.Optional;
import org.rlhf4j.settings.Precision;

/** Looks for weights that are NaN or infinite: one pass over the memory, without a copy. */
public final class FiniteWeights {
  private static final int EXPONENT = 0x7f800000; // all of its bits are set in NaN and infinity

  private FiniteWeights() {}

  /**
   * Looks at all weights of a network.
   *
   * @param weights fp32, as trained ones are
   * @return the first tensor that isn't finite and what it holds, such as {@code wte.weight holds
   *     NaN}; empty where all are
   */
  public static Optional<String> fault(Parameters weights) {
    long[] finite = weights.placement().isHost() ? null : WeightUpdate.finite(weights);
    for (int i = 0; i < weights.specs().size(); i++) {
      if (weights.precision(i) != Precision.FP32) {
        throw new IllegalArgumentException(weights.specs().get(i).name() + " is held in bf16");
      }
      boolean looked = finite == null || finite[i] == 0;
      if (looked && hasNonFinite(weights.read(i).asIntBuffer())) {
        return Parameters.parts(weights.specs().get(i), weights.read(i), Precision.FP32)
            .entrySet()
            .stream()
            .flatMap(tensor -> fault(tensor.getKey(), tensor.getValue().values()).stream())
            .findFirst();
      }
    }
    return Optional.empty();
  }

  private static boolean hasNonFinite(IntBuffer bits) {
    for (int i = 0, size = bits.remaining(); i < size; i++) {
      if ((bits.get(i) & EXPONENT) == EXPONENT) {
        return true;
      }
    }
    return false;
  }

  private static Optional<String> fault(String tensor, float[] values) {
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return Optional.of(tensor + " holds " + value);
      }
    }
    return Optional.empty();
  }
}
