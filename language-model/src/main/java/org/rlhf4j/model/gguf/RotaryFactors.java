package org.rlhf4j.model.gguf;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.rlhf4j.settings.UserException;

/**
 * Stretched rotary positions. Of Llama 3.1's a file has only the factors that the angles are
 * divided by ({@code rope_freqs.weight}), not what they were made from; that is looked for here,
 * and has to give the same factors. LongRoPE's are two tensors: the factors of short texts and
 * those of long ones.
 */
final class RotaryFactors {
  static final String LLAMA3 = "rope_freqs.weight";
  static final String SHORT = "rope_factors_short.weight";
  static final String LONG = "rope_factors_long.weight";
  static final String GROWTH = "rope.scaling.attn_factor";
  static final String ORIGINAL = "rope.scaling.original_context_length";
  static final String LOW = "rope.scaling.low_freq_factor";
  static final String HIGH = "rope.scaling.high_freq_factor";
  private static final double TOLERANCE = 1e-5;

  private final GgufFile file;
  private final GgufMetadata metadata;
  private final String prefix;

  RotaryFactors(GgufFile file, Architecture architecture) {
    this.file = file;
    this.metadata = file.metadata();
    this.prefix = architecture.key() + ".";
  }

  /** Whether a tensor has such factors. */
  static boolean isOne(String tensor, Architecture architecture) {
    boolean longRope = tensor.equals(SHORT) || tensor.equals(LONG);
    return tensor.equals(LLAMA3) || (longRope && architecture == Architecture.PHI3);
  }

  /** Whether the file stretches the positions by factors. */
  boolean exist() {
    return file.tensors().containsKey(LLAMA3) || file.tensors().containsKey(SHORT);
  }

  /** Adds what a configuration says of them. */
  void into(ObjectNode rotary) {
    if (file.tensors().containsKey(LLAMA3)) {
      llama3Into(rotary, GgufWeights.numbers(file, LLAMA3));
    } else {
      rotary.put("rope_type", "longrope");
      addAll(rotary.putArray("short_factor"), SHORT);
      addAll(rotary.putArray("long_factor"), LONG);
      rotary.put("attention_factor", metadata.number(prefix + GROWTH, 1));
      rotary.put("original_max_position_embeddings", metadata.positive(prefix + ORIGINAL));
    }
  }

  private void addAll(ArrayNode factors, String tensor) {
    if (!file.tensors().containsKey(tensor)) {
      throw new UserException(file.file() + ": tensor " + tensor + " is missing");
    }
    for (float factor : GgufWeights.numbers(file, tensor)) {
      factors.add(Double.parseDouble(Float.toString(factor)));
    }
  }

  /** The three numbers are Llama 3's if a file has none. */
  private void llama3Into(ObjectNode rotary, List<Float> factors) {
    double factor = factors.stream().mapToDouble(Float::doubleValue).max().orElse(1);
    int original = metadata.positive(prefix + ORIGINAL, 8192);
    double low = metadata.number(prefix + LOW, 1);
    double high = metadata.number(prefix + HIGH, 4);
    rotary.put("rope_type", "llama3").put("factor", factor);
    rotary.put("low_freq_factor", low).put("high_freq_factor", high);
    rotary.put("original_max_position_embeddings", original);
    List<Double> made = llama3(rotary.path("rope_theta").doubleValue(), 2 * factors.size(), rotary);
    for (int i = 0; i < factors.size(); i++) {
      if (Math.abs(made.get(i) / factors.get(i) - 1) > TOLERANCE) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                ("%s: rope_freqs.weight isn't Llama 3's stretching of rotary positions (number %d is"
                    + " %s, not %s)"),
                file.file(),
                i,
                factors.get(i),
                made.get(i)));
      }
    }
  }

  /**
   * By what the angle of each pair of dimensions is divided.
   *
   * @param base theta
   * @param size the dimensions of a head
   * @param rotary {@code factor}, {@code low_freq_factor}, {@code high_freq_factor} and {@code
   *     original_max_position_embeddings}
   */
  static List<Double> llama3(double base, int size, ObjectNode rotary) {
    double factor = rotary.path("factor").doubleValue();
    double low = rotary.path("low_freq_factor").doubleValue();
    double high = rotary.path("high_freq_factor").doubleValue();
    double positions = rotary.path("original_max_position_embeddings").doubleValue();
    List<Double> factors = new ArrayList<>();
    for (int i = 0; i < size; i += 2) {
      double waves = positions * Math.pow(base, -(double) i / size) / (2 * Math.PI);
      double kept = Math.max(0, Math.min(1, (waves - low) / (high - low)));
      factors.add(1 / ((1 - kept) / factor + kept));
    }
    return factors;
  }
}
