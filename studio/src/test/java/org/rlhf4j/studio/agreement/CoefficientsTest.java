package org.rlhf4j.studio.agreement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The coefficients against those of scikit-learn and krippendorff
 * (bench/reference/make_agreement.py).
 */
class CoefficientsTest {

  private static final Path FIXTURE = Path.of("src/test/resources/fixtures/agreement.json");

  static Stream<JsonNode> cases() throws IOException {
    List<JsonNode> cases = new ArrayList<>();
    new ObjectMapper().readTree(FIXTURE.toFile()).get("cases").forEach(cases::add);
    return cases.stream();
  }

  private static List<List<Integer>> items(JsonNode answers) {
    List<List<Integer>> items = new ArrayList<>();
    for (int i = 0; i < answers.get(0).size(); i++) {
      List<Integer> item = new ArrayList<>();
      for (JsonNode annotator : answers) {
        if (!annotator.get(i).isNull()) {
          item.add(annotator.get(i).intValue());
        }
      }
      items.add(item);
    }
    return items;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void coefficientsAreThoseOfThePythonPackages(JsonNode expected) {
    JsonNode answers = expected.get("answers");
    List<String> first = new ArrayList<>();
    List<String> second = new ArrayList<>();
    for (int i = 0; i < answers.get(0).size(); i++) {
      if (!answers.get(0).get(i).isNull() && !answers.get(1).get(i).isNull()) {
        first.add(answers.get(0).get(i).asText());
        second.add(answers.get(1).get(i).asText());
      }
    }
    assertThat(CohenKappa.of(first, second))
        .isCloseTo(expected.get("kappa").doubleValue(), within(1e-9));
    assertThat(KrippendorffAlpha.of(items(answers), KrippendorffAlpha.Metric.NOMINAL))
        .isCloseTo(expected.get("nominal").doubleValue(), within(1e-9));
    assertThat(KrippendorffAlpha.of(items(answers), KrippendorffAlpha.Metric.ORDINAL))
        .isCloseTo(expected.get("ordinal").doubleValue(), within(1e-9));
  }

  /**
   * Of four items they agree on three: p_o = 3/4. The first says a twice and b twice, the second a
   * three times and b once: p_e = 1/2 · 3/4 + 1/2 · 1/4 = 1/2. κ = (3/4 − 1/2) / (1 − 1/2) = 1/2.
   */
  @Test
  void kappaByHand() {
    assertThat(CohenKappa.of(List.of("a", "a", "b", "b"), List.of("a", "a", "a", "b")))
        .isCloseTo(0.5, within(1e-15));
  }

  /**
   * Items (0, 0), (1, 1), (0, 1): o(0, 0) = 2, o(1, 1) = 2, o(0, 1) = o(1, 0) = 1, n(0) = n(1) = 3.
   * α = 1 − (6 − 1) · 2 / (2 · 3 · 3) = 1 − 10/18 = 4/9.
   */
  @Test
  void alphaByHand() {
    List<List<Integer>> items = List.of(List.of(0, 0), List.of(1, 1), List.of(0, 1), List.of(1));
    assertThat(KrippendorffAlpha.of(items, KrippendorffAlpha.Metric.NOMINAL))
        .isCloseTo(4.0 / 9, within(1e-15));
  }

  @Test
  void withoutTwoValuesThereIsNone() {
    assertThat(KrippendorffAlpha.of(List.of(List.of(1, 1)), KrippendorffAlpha.Metric.ORDINAL))
        .isNaN();
    assertThat(CohenKappa.of(List.of(), List.of())).isNaN();
  }
}
