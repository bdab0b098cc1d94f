package org.rlhf4j.model.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Frequencies of rotary positions, worked by hand; theta 1000 and size 6 give 1, 0.1 and 0.01. */
class RotaryTest {

  @Test
  void theDefaultsArePowersOfTheta() throws IOException {
    check(frequencies("{\"rope_theta\": 1000}"), 1, 0.1, 0.01);
    check(frequencies("{\"rope_parameters\": {\"rope_theta\": 1000}}"), 1, 0.1, 0.01);
    check(frequencies("{}"), 1, 0.0464159, 0.00215443); // 10000^(−1/3), 10000^(−2/3)
  }

  @Test
  void linearOnesAreDividedByTheFactor() throws IOException {
    check(
        frequencies(
            "{\"rope_theta\": 1000, \"rope_scaling\": {\"type\": \"linear\", \"factor\": 4}}"),
        0.25,
        0.025,
        0.0025);
  }

  /** Up to the model's positions the base isn't stretched. */
  @Test
  void dynamicOnesAreTheDefaults() throws IOException {
    check(
        frequencies(
            "{\"rope_theta\": 1000, \"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 4}}"),
        1,
        0.1,
        0.01);
  }

  /**
   * Waves in 100 original positions: 100 f / 2π = 15.9155, 1.59155 and 0.159155. The first is kept
   * (over 4), the last divided by 8 (under 1). Of the middle one (1.59155 − 1) / (4 − 1) = 0.197183
   * is kept: 0.197183 · 0.1 + 0.802817 · 0.0125 = 0.0197183 + 0.0100352.
   */
  @Test
  void llama3GoesOverFromKeptToDivided() throws IOException {
    check(
        frequencies(
            """
            {"rope_parameters": {"rope_type": "llama3", "rope_theta": 1000, "factor": 8,
             "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 100}}
            """),
        1,
        0.0297535,
        0.00125);
  }

  /**
   * Pairs whose waves fit 4 and 1 times in 100 original positions: 6 ln(100 / 8π) / (2 ln 1000) =
   * 0.59976 and 6 ln(100 / 2π) / (2 ln 1000) = 1.20182, so that the bounds are 0 and 2. The first
   * pair is kept, the last divided by 8; of the middle one a half is: 0.1 (0.5 + 0.5 / 8). The
   * scale is 0.1 ln 8 + 1.
   */
  @Test
  void yarnGoesOverFromKeptToDividedAndScales() throws IOException {
    String yarn =
        """
        {"rope_parameters": {"rope_type": "yarn", "rope_theta": 1000, "factor": 8, "beta_fast": 4,
         "beta_slow": 1, "original_max_position_embeddings": 100%s}}
        """;
    Rotary rotary = rotary(yarn.formatted(""));
    check(rotary.frequencies(), 1, 0.05625, 0.00125);
    assertThat(rotary.scale()).isCloseTo(1.2079442, within(1e-6));
    assertThat(rotary(yarn.formatted(", \"attention_factor\": 1.5")).scale()).isEqualTo(1.5);
    // (0.1 · 2 ln 8 + 1) / (0.1 ln 8 + 1)
    assertThat(rotary(yarn.formatted(", \"mscale\": 2, \"mscale_all_dim\": 1")).scale())
        .isCloseTo(1.1721472, within(1e-6));
    // Between 0.59976 and 1.20182 the middle pair is at 0.66478: 0.1 (0.33522 + 0.66478 / 8).
    check(rotary(yarn.formatted(", \"truncate\": false")).frequencies(), 1, 0.0418314, 0.00125);
  }

  /** 64 positions of 16 original ones: a factor of 4, and √(1 + ln 4 / ln 16) = √1.5. */
  @Test
  void longRopeDividesByItsShortFactorsAndScales() throws IOException {
    for (String type : new String[] {"longrope", "su", "yarn"}) {
      String config =
          """
          {"rope_theta": 1000, "original_max_position_embeddings": 16, "rope_scaling":
           {"type": "%s", "short_factor": [1, 2, 4], "long_factor": [8, 8, 8]}}
          """
              .formatted(type);
      check(rotary(config).frequencies(), 1, 0.05, 0.0025);
      assertThat(rotary(config).scale()).isCloseTo(1.2247449, within(1e-6));
      assertThat(Rotary.reach(reader(config), 64)).isEqualTo(16);
    }
    assertThat(Rotary.reach(reader("{}"), 64)).isEqualTo(64);
  }

  private static void check(List<Double> ours, double... expected) {
    assertThat(ours).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(ours.get(i)).isCloseTo(expected[i], within(1e-6 * expected[i] + 5e-8));
    }
  }

  private static List<Double> frequencies(String json) throws IOException {
    return rotary(json).frequencies();
  }

  private static Rotary rotary(String json) throws IOException {
    return Rotary.of(reader(json), 6, 10_000, 64);
  }

  private static ConfigReader reader(String json) throws IOException {
    ObjectNode config = (ObjectNode) new ObjectMapper().readTree(json);
    return new ConfigReader(config, Path.of("config.json"));
  }
}
