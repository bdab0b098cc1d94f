package org.rlhf4j.model.family;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Rotary positions: pair i of a head's dimensions is turned by position · frequency i, where the
 * frequency is theta^(−2i/D) (Su et al. 2021), or less where a model was stretched to longer texts.
 * transformers 5 nests what they depend on in {@code rope_parameters}; transformers 4 has {@code
 * rope_theta} beside {@code rope_scaling}.
 *
 * @param frequencies [size / 2], in radians a position
 * @param scale what the turned dimensions are multiplied by; 1 but for YaRN and LongRoPE
 */
record Rotary(List<Double> frequencies, double scale) {
  private static final String SUPPORTED =
      "rope_type default, linear, dynamic, llama3, yarn, longrope";
  private static final String ORIGINAL = "original_max_position_embeddings";

  /**
   * What a model was trained and stretched to.
   *
   * @param longest the positions that its configuration names
   * @param original those that it was trained with before it was stretched
   */
  private record Positions(int longest, int original) {}

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
   * The angles of a model with one set for all layers.
   *
   * @param size how many of a head's dimensions are turned, even
   * @param theta the base where the configuration names none
   * @param longest the positions that the configuration names
   */
  static Rotary of(ConfigReader config, int size, double theta, int longest) {
    ConfigReader settings = settings(config);
    double base = settings.number("rope_theta", config.number("rope_theta", theta));
    return scaled(settings, size, base, new Positions(longest, original(config, longest)));
  }

  /**
   * The longest text: LongRoPE has other angles beyond the original positions, which would depend
   * on the longest text of a batch.
   *
   * @param longest the positions that the configuration names
   */
  static int reach(ConfigReader config, int longest) {
    return config.nested("rope_parameters").has("full_attention")
            || !type(settings(config)).equals("longrope")
        ? longest
        : Math.min(longest, original(config, longest));
  }

  /** How many of a head's dimensions are turned where it is a part of them. */
  static int part(ConfigReader config, int headSize, double otherwise) {
    double part =
        settings(config)
            .number("partial_rotary_factor", config.number("partial_rotary_factor", otherwise));
    int size = (int) (headSize * part);
    config.require(
        size > 0 && size <= headSize && size % 2 == 0,
        config.has("partial_rotary_factor") ? "partial_rotary_factor" : "rope_parameters",
        "a part of head size " + headSize + " that is an even number");
    return size;
  }

  private static int original(ConfigReader config, int longest) {
    return config.positive(ORIGINAL, settings(config).positive(ORIGINAL, longest));
  }

  /** The type, by the name that it has in transformers 5. */
  private static String type(ConfigReader settings) {
    String type = settings.text("rope_type", settings.text("type", "default"));
    boolean older = type.equals("su") || (type.equals("yarn") && settings.has("short_factor"));
    return older ? "longrope" : type;
  }

  /**
   * The angles that settings ask for.
   *
   * @param settings the object with {@code rope_type} and what belongs to it
   * @param base theta
   * @param positions the model's, the original ones where the settings name none
   */
  static Rotary scaled(ConfigReader settings, int size, double base, int positions) {
    return scaled(
        settings, size, base, new Positions(positions, settings.positive(ORIGINAL, positions)));
  }

  private static Rotary scaled(ConfigReader settings, int size, double base, Positions positions) {
    List<Double> frequencies = new ArrayList<>();
    for (int i = 0; i < size; i += 2) {
      frequencies.add(Math.pow(base, -(double) i / size));
    }
    switch (type(settings)) {
      // Dynamic angles are the default's up to max_position_embeddings, which no text here exceeds;
      // beyond, a token's angles would depend on the longest text of its batch.
      case "default", "dynamic" -> {}
      case "linear" -> {
        double factor = settings.number("factor");
        frequencies.replaceAll(f -> f / factor);
      }
      case "llama3" -> {
        Llama3 scaling = Llama3.read(settings, positions.original);
        frequencies.replaceAll(scaling::slowed);
      }
      case "yarn" -> {
        return Yarn.read(settings, size, base, positions).angles(frequencies);
      }
      case "longrope" -> {
        return longRope(settings, frequencies, positions);
      }
      default ->
          settings.require(false, settings.has("rope_type") ? "rope_type" : "type", SUPPORTED);
    }
    return new Rotary(frequencies, 1);
  }

  /** How much longer texts became. */
  private static double factor(ConfigReader settings, Positions positions) {
    return settings.number("factor", (double) positions.longest / positions.original);
  }

  /**
   * LongRoPE within the original positions: each frequency is divided by its short factor, and the
   * turned dimensions grow by √(1 + ln factor / ln original) (Ding et al. 2024).
   */
  private static Rotary longRope(
      ConfigReader settings, List<Double> frequencies, Positions positions) {
    List<Double> factors = settings.numbers("short_factor", frequencies.size());
    List<Double> divided = new ArrayList<>();
    for (int i = 0; i < factors.size(); i++) {
      divided.add(frequencies.get(i) / factors.get(i));
    }
    double factor = factor(settings, positions);
    double grown = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(positions.original));
    return new Rotary(divided, settings.number("attention_factor", grown));
  }

  /** What the script reads. */
  Map<String, Object> constants() {
    return Map.of("frequencies", frequencies, "rotary_scale", scale);
  }

  /**
   * Llama 3.1's stretching: waves that fit {@code high} times or more in the original positions
   * stay as they are, those that don't fit {@code low} times are slowed down by the factor, and
   * between the two it goes over from one to the other.
   */
  private record Llama3(double factor, double low, double high, double positions) {
    static Llama3 read(ConfigReader settings, int original) {
      return new Llama3(
          settings.number("factor"),
          settings.number("low_freq_factor"),
          settings.number("high_freq_factor"),
          original);
    }

    double slowed(double frequency) {
      double waves = positions * frequency / (2 * Math.PI);
      double kept = Math.max(0, Math.min(1, (waves - low) / (high - low)));
      return (1 - kept) * frequency / factor + kept * frequency;
    }
  }

  /**
   * YaRN (Peng et al. 2023): pairs up to {@code low} keep their frequency, those from {@code high}
   * on are slowed down by the factor, and between the two it goes over from one to the other. The
   * bounds are the pairs whose waves fit {@code beta_fast} and {@code beta_slow} times in the
   * original positions.
   */
  private record Yarn(double factor, double low, double high, double scale) {
    static Yarn read(ConfigReader settings, int size, double base, Positions positions) {
      double factor = Rotary.factor(settings, positions);
      double low = pair(settings.number("beta_fast", 32), size, base, positions.original);
      double high = pair(settings.number("beta_slow", 1), size, base, positions.original);
      if (settings.flag("truncate", true)) {
        low = Math.floor(low);
        high = Math.ceil(high);
      }
      return new Yarn(
          factor,
          Math.max(low, 0),
          Math.min(high, size - 1),
          settings.number("attention_factor", grown(settings, factor)));
    }

    /** The pair, not a whole one, whose waves fit so many times in the original positions. */
    private static double pair(double times, int size, double base, int original) {
      return size * Math.log(original / (times * 2 * Math.PI)) / (2 * Math.log(base));
    }

    private static double grown(ConfigReader settings, double factor) {
      double mscale = settings.number("mscale", 0);
      double allDimensions = settings.number("mscale_all_dim", 0);
      return mscale == 0 || allDimensions == 0
          ? grown(factor, 1)
          : grown(factor, mscale) / grown(factor, allDimensions);
    }

    private static double grown(double factor, double mscale) {
      return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
    }

    Rotary angles(List<Double> frequencies) {
      double width = high == low ? 0.001 : high - low;
      List<Double> slowed = new ArrayList<>();
      for (int i = 0; i < frequencies.size(); i++) {
        double share = Math.max(0, Math.min(1, (i - low) / width));
        slowed.add(frequencies.get(i) * (1 - share + share / factor));
      }
      return new Rotary(slowed, scale);
    }
  }
}
