package org.rlhf4j.model.family;

import java.util.ArrayList;
import java.util.List;

/**
 * Rotary positions: pair i of a head's dimensions is turned by position · frequency i, where the
 * frequency is theta^(−2i/D) (Su et al. 2021), or less where a model was stretched to longer texts.
 * transformers 5 nests what they depend on in {@code rope_parameters}; transformers 4 has {@code
 * rope_theta} beside {@code rope_scaling}.
 */
final class Rotary {
  private static final String SUPPORTED = "rope_type default, linear, dynamic, llama3";

  private Rotary() {}

  /** The object of a configuration with the rotary settings; an empty one where there is none. */
  static ConfigReader settings(ConfigReader config) {
    String key = config.has("rope_scaling") ? "rope_scaling" : "rope_parameters";
    ConfigReader settings = config.nested(key);
    config.require(
        !settings.has("full_attention") && !settings.has("sliding_attention"),
        key,
        "one set for all layers");
    return settings;
  }

  /**
   * The frequencies of a model with one set for all layers.
   *
   * @param size how many of a head's dimensions are turned, even
   * @param theta the base where the configuration names none
   */
  static List<Double> frequencies(ConfigReader config, int size, double theta, int positions) {
    ConfigReader settings = settings(config);
    double part = settings.number("partial_rotary_factor", 1);
    settings.require(part == 1, "partial_rotary_factor", "1");
    double base = settings.number("rope_theta", config.number("rope_theta", theta));
    return scaled(settings, size, base, positions);
  }

  /**
   * Frequencies [size / 2], in radians a position.
   *
   * @param settings the object with {@code rope_type} and what belongs to it
   * @param base theta
   * @param positions the model's, the original ones where the settings name none
   */
  static List<Double> scaled(ConfigReader settings, int size, double base, int positions) {
    String type = settings.text("rope_type", settings.text("type", "default"));
    List<Double> frequencies = new ArrayList<>();
    for (int i = 0; i < size; i += 2) {
      frequencies.add(Math.pow(base, -(double) i / size));
    }
    switch (type) {
      // Dynamic angles are the default's up to max_position_embeddings, which no text here exceeds;
      // beyond, a token's angles would depend on the longest text of its batch.
      case "default", "dynamic" -> {}
      case "linear" -> {
        double factor = settings.number("factor");
        frequencies.replaceAll(f -> f / factor);
      }
      case "llama3" -> {
        Llama3 scaling = Llama3.read(settings, positions);
        frequencies.replaceAll(scaling::slowed);
      }
      default ->
          settings.require(false, settings.has("rope_type") ? "rope_type" : "type", SUPPORTED);
    }
    return frequencies;
  }

  /**
   * Llama 3.1's stretching: waves that fit {@code high} times or more in the original positions
   * stay as they are, those that don't fit {@code low} times are slowed down by the factor, and
   * between the two it goes over from one to the other.
   */
  private record Llama3(double factor, double low, double high, double positions) {
    static Llama3 read(ConfigReader settings, int positions) {
      return new Llama3(
          settings.number("factor"),
          settings.number("low_freq_factor"),
          settings.number("high_freq_factor"),
          settings.number("original_max_position_embeddings", positions));
    }

    double slowed(double frequency) {
      double waves = positions * frequency / (2 * Math.PI);
      double kept = Math.max(0, Math.min(1, (waves - low) / (high - low)));
      return (1 - kept) * frequency / factor + kept * frequency;
    }
  }
}
