package org.rlhf4j.studio.review;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.rlhf4j.studio.label.Answer;
import org.rlhf4j.studio.label.Item;
import org.rlhf4j.studio.label.ItemKind;

class DisagreementTest {

  private static final Offset<Double> CLOSE = within(1e-12);

  private static JsonNode json(String text) throws IOException {
    return new ObjectMapper().readTree(text.replace('\'', '"'));
  }

  private static double of(ItemKind kind, String completions, String... answers)
      throws IOException {
    Item item = new Item(1, kind, json("'Q'"), json(completions));
    List<Answer> said =
        Arrays.stream(answers)
            .map(
                answer -> {
                  try {
                    return new Answer(json(answer));
                  } catch (IOException e) {
                    throw new IllegalArgumentException(e);
                  }
                })
            .toList();
    return Disagreement.of(item, said);
  }

  /** Two say A, one B, one tie: of 6 pairs of annotators one agrees, so 5/6. */
  @Test
  void ofChoicesItIsTheShareOfPairsOfAnnotatorsWhoDiffer() throws IOException {
    assertThat(
            of(
                ItemKind.COMPARE,
                "['a','b']",
                "{'better':0,'strength':4}",
                "{'better':0,'strength':1}",
                "{'better':1,'strength':1}",
                "{'better':'tie'}",
                "{'better':'edited','of':0,'text':'c'}"))
        .isCloseTo(5 / 6.0, CLOSE);
    assertThat(of(ItemKind.COMPARE, "['a','b']", "{'better':'both-bad'}", "{'better':'both-bad'}"))
        .isZero();
    assertThat(of(ItemKind.COMPARE, "['a','b']", "{'better':0,'strength':4}")).isZero();
  }

  /** 0 > 1 > 2 and 1 > 0 = 2: they differ about (0, 1) and (0, 2), and agree about (1, 2). */
  @Test
  void ofRankingsItIsTheMeanOverPairs() throws IOException {
    assertThat(
            of(ItemKind.RANK, "['a','b','c']", "{'order':[[0],[1],[2]]}", "{'order':[[1],[0,2]]}"))
        .isCloseTo(2 / 3.0, CLOSE);
  }

  @Test
  void writtenRepliesDoNotDisagree() throws IOException {
    assertThat(of(ItemKind.WRITE, "[]", "{'text':'a'}", "{'text':'b'}")).isZero();
  }
}
