package org.rlhf4j.studio.agreement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.rlhf4j.studio.label.Votes.Vote;

/**
 * Simulated labellers who know the truth, each with a noise or a bias of their own, as
 * bench/reference/make_agreement.py draws them. What is said of them is held against scikit-learn,
 * krippendorff and plain counts of numpy.
 */
class SimulatedLabellersTest {

  private static final Path FIXTURE = Path.of("src/test/resources/fixtures/labellers.json");

  private JsonNode expected;
  private Agreement agreement;

  @BeforeEach
  void read() throws IOException {
    expected = new ObjectMapper().readTree(FIXTURE.toFile());
    List<Vote> votes = new ArrayList<>();
    for (int item = 0; item < expected.get("longer").size(); item++) {
      for (int annotator = 0; annotator < expected.get("labellers").size(); annotator++) {
        JsonNode labeller = expected.get("labellers").get(annotator);
        if (!labeller.get("choices").get(item).isNull()) {
          votes.add(vote(item, annotator, labeller));
        }
      }
    }
    agreement = Agreement.of(votes);
  }

  private Vote vote(int item, int annotator, JsonNode labeller) {
    return new Vote(
        item,
        annotator,
        labeller.get("name").asText(),
        labeller.get("choices").get(item).asText(),
        labeller.get("strengths").get(item).intValue(),
        labeller.get("left").get(item).intValue(),
        expected.get("longer").get(item).intValue(),
        1,
        item);
  }

  @Test
  void coefficientsAreThoseOfThePythonPackages() {
    int people = expected.get("labellers").size();
    assertThat(agreement.pairs()).hasSize(people * (people - 1) / 2);
    int pair = 0;
    for (int first = 0; first < people; first++) {
      for (int second = first + 1; second < people; second++) {
        assertThat(agreement.pairs().get(pair++).kappa())
            .isCloseTo(expected.get("kappas").get(first).get(second).doubleValue(), within(1e-9));
      }
    }
    assertThat(agreement.alphaOfChoice())
        .isCloseTo(expected.get("nominal").doubleValue(), within(1e-9));
    assertThat(agreement.alphaOfStrength())
        .isCloseTo(expected.get("ordinal").doubleValue(), within(1e-9));
  }

  /** Who looks at the side, or at the length, shows it there, and nobody else does. */
  @Test
  void eachBiasIsThatOfItsLabeller() {
    for (int one = 0; one < agreement.annotators().size(); one++) {
      JsonNode labeller = expected.get("labellers").get(one);
      Agreement.OfAnnotator said = agreement.annotators().get(one);
      assertThat(said.left()).isCloseTo(labeller.get("share_left").doubleValue(), within(1e-12));
      assertThat(said.longer())
          .isCloseTo(labeller.get("share_longer").doubleValue(), within(1e-12));
      boolean looksLeft = said.name().equals("looks left");
      boolean likesLength = said.name().equals("likes length");
      assertThat(said.left() > 0.65).as(said.name()).isEqualTo(looksLeft);
      assertThat(said.longer() > 0.65).as(said.name()).isEqualTo(likesLength);
    }
  }
}
