package org.rlhf4j.model.gguf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.rlhf4j.settings.UserException;

/**
 * Llama 3.1's stretched rotary positions. A file has only the factors that the angles are divided
 * by ({@code rope_freqs.weight}), not what they were made from; that is looked for here, and has to
 * give the same factors.
 */
final class RotaryFactors {
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

  /** Adds what the factors were made from; the three numbers are Llama 3's if a file has none. */
  void into(ObjectNode rotary, List<Float> factors) {
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
