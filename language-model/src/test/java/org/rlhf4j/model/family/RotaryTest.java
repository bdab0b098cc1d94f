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

  private static void check(List<Double> ours, double... expected) {
    assertThat(ours).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(ours.get(i)).isCloseTo(expected[i], within(1e-6 * expected[i] + 5e-8));
    }
  }

  private static List<Double> frequencies(String json) throws IOException {
    ObjectNode config = (ObjectNode) new ObjectMapper().readTree(json);
    return Rotary.frequencies(new ConfigReader(config, Path.of("config.json")), 6, 10_000, 64);
  }
}
