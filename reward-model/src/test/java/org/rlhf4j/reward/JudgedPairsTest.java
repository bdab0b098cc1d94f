package org.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.rlhf4j.data.Comparison;
import org.rlhf4j.data.Location;
import org.rlhf4j.data.TokenizedRow;
import org.rlhf4j.model.TokenTree;

/** What is told of judged pairs beside the accuracy. */
class JudgedPairsTest {

  private static final Offset<Double> CLOSE = within(1e-9);

  /** A pair with completions of these lengths and scores, the better one first. */
  private static JudgedPair pair(int better, int worse, double difference, String source) {
    TokenTree tree = new TokenTree(new int[2], List.of(new int[better], new int[worse]));
    Comparison comparison =
        new Comparison("p", source + " yes", source + " no", 0, new Location("f", 1, 1))
            .withColumns(Map.of("source", source));
    return new JudgedPair(new TokenizedRow(tree, comparison, 0, 0), 0, 1, (float) difference, 0);
  }

  private static List<JudgedPair> pairs() {
    return List.of(
        pair(1, 3, 2, "a"), // right, shorter by 2
        pair(1, 2, -1, "a"), // wrong, shorter by 1
        pair(2, 2, 1, "b"), // right, as long
        pair(3, 2, -3, "a"), // wrong, longer by 1
        pair(1, 5, 4, "b")); // right, shorter by 4
  }

  private static Breakdown breakdown(String by) {
    return Breakdown.of(pairs(), List.of("source")).stream()
        .filter(one -> one.by().equals(by))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void lengthAloneMayPreferTheShorter() {
    LengthBaseline baseline = LengthBaseline.of(pairs());
    // Longer: (0 + 0 + ½ + 1 + 0)/5 = 0.3, so shorter: 0.7
    assertThat(baseline.prefers()).isEqualTo("shorter");
    assertThat(baseline.accuracy().accuracy()).isCloseTo(0.7, CLOSE);
    assertThat(baseline.accuracy().accuracyLow()).isCloseTo(Wilson.of(3.5, 5).low(), CLOSE);
    // Model 1 0 1 0 1 against shorter 1 1 ½ 0 1: one pair better, one worse.
    assertThat(baseline.pValue()).isEqualTo(1);
  }

  @Test
  void namesComeLargestFirst() {
    Breakdown sources = breakdown("source");
    assertThat(sources.parts()).extracting(Breakdown.Part::name).containsExactly("a", "b");
    assertThat(sources.parts().get(0).accuracy().pairs()).isEqualTo(3);
    assertThat(sources.parts().get(0).accuracy().accuracy()).isCloseTo(1 / 3.0, CLOSE);
    assertThat(sources.parts().get(0).lengthAccuracy()).isCloseTo(1 / 3.0, CLOSE);
    assertThat(sources.parts().get(1).accuracy().accuracy()).isEqualTo(1);
    assertThat(sources.parts().get(1).lengthAccuracy()).isCloseTo(0.25, CLOSE);
  }

  @Test
  void rareNamesAreOnePart() {
    List<JudgedPair> many = new ArrayList<>();
    for (int i = 0; i < 23; i++) {
      many.add(pair(1, 1, i % 2 == 0 ? 1 : -1, "s" + i));
    }
    List<Breakdown.Part> parts =
        Breakdown.byName("source", many, one -> one.row().row().prompt() + one.betterScore())
            .parts();
    assertThat(parts).hasSize(2);
    List<Breakdown.Part> each = Breakdown.of(many, List.of("source")).get(0).parts();
    assertThat(each).hasSize(21);
    assertThat(each.get(20).name()).isEqualTo("(others)");
    assertThat(each.get(20).accuracy().pairs()).isEqualTo(3);
  }

  @Test
  void numbersAreCutIntoQuarters() {
    // −4 −2 −1 0 1: the first of five, the second, the third, the last two.
    Breakdown lengths = breakdown("length difference");
    assertThat(lengths.parts())
        .extracting(Breakdown.Part::name)
        .containsExactly("-4", "-2", "-1", "+0 to +1");
    assertThat(lengths.parts())
        .extracting(part -> part.accuracy().accuracy())
        .containsExactly(1.0, 1.0, 0.0, 0.5);
  }

  @Test
  void equalNumbersAreNeverParted() {
    double[] numbers = {7, 7, 7, 7, 9};
    List<JudgedPair> pairs = pairs();
    Breakdown breakdown =
        Breakdown.byNumber("n", "%.0f", pairs, one -> numbers[pairs.indexOf(one)]);
    assertThat(breakdown.parts()).extracting(Breakdown.Part::name).containsExactly("7", "9");
    assertThat(breakdown.parts().get(0).accuracy().pairs()).isEqualTo(4);
  }

  @Test
  void aBreakdownOfOnePartIsLeftOut() {
    // All prompts have two tokens, no row has a margin, and all are of one file.
    assertThat(Breakdown.of(pairs(), List.of("source")))
        .extracting(Breakdown::by)
        .containsExactly("source", "score difference", "length difference");
  }

  @Test
  void marginsAreCountedInBinsAroundZero() {
    double[] differences = {-10, 10, 0, -0.5, 9.9};
    List<MarginBin> bins = MarginBin.of(differences);
    assertThat(bins).hasSize(20);
    assertThat(bins.get(0)).isEqualTo(new MarginBin(-10, -9, 1));
    assertThat(bins.get(9).pairs()).isEqualTo(1); // −1 to 0
    assertThat(bins.get(10).pairs()).isEqualTo(1); // 0 to 1
    assertThat(bins.get(19).pairs()).isEqualTo(2);
    assertThat(MarginBin.of(new double[2])).containsExactly(new MarginBin(0, 0, 2));
  }

  @Test
  void theMostWrongPairComesFirst() {
    List<WrongPair> wrong = WrongPair.of(pairs());
    assertThat(wrong).extracting(WrongPair::chosenScore).containsExactly(-3.0, -1.0);
    assertThat(wrong.get(0).chosen()).isEqualTo("a yes");
    assertThat(wrong.get(0).rejected()).isEqualTo("a no");
    assertThat(wrong.get(0).location()).isEqualTo("f:1:1");
    assertThat(WrongPair.of(Collections.nCopies(50, pair(1, 1, -1, "a")))).hasSize(20);
  }

  @Test
  void handWorkedKendall() {
    // 2 3 1: wrong, right, right: (2 − 1)/3. 4 2 2 1: five right and a tie of six: 5/6.
    assertThat(Rankings.kendallTau(new float[] {2, 3, 1})).isCloseTo(1 / 3.0, CLOSE);
    assertThat(Rankings.kendallTau(new float[] {4, 2, 2, 1})).isCloseTo(5 / 6.0, CLOSE);
    assertThat(Rankings.kendallTau(new float[] {3, 2, 1})).isEqualTo(1);
    assertThat(Rankings.kendallTau(new float[] {1, 2, 3})).isEqualTo(-1);
    Rankings rankings =
        Rankings.of(List.of(new float[] {2, 3, 1}, new float[] {0, 9}, new float[] {4, 2, 2, 1}));
    assertThat(rankings.rows()).isEqualTo(2);
    assertThat(rankings.kendallTau()).isCloseTo(7 / 12.0, CLOSE);
    assertThat(Rankings.of(List.of(new float[2]))).isEqualTo(new Rankings(0, null));
  }

  @Test
  void shuffledLabelsGiveWhatChanceGives() {
    // Ten pairs, all right. By lot X ~ Binomial(10, ½): P(X ≤ 1) = 11/1024, P(X ≤ 2) = 56/1024, so
    // 2.5 % stay below 2 of 10, and one in 1024 has all right.
    List<float[]> right = Collections.nCopies(10, new float[] {1, 0});
    ShuffledLabels shuffled = ShuffledLabels.of(right);
    assertThat(shuffled.accuracy()).isCloseTo(0.5, within(0.02));
    assertThat(shuffled.accuracyLow()).isCloseTo(0.2, CLOSE);
    assertThat(shuffled.accuracyHigh()).isCloseTo(0.8, CLOSE);
    assertThat(shuffled.pValue()).isBetween(1 / 1001.0, 0.01);
    assertThat(ShuffledLabels.of(right)).isEqualTo(shuffled);
    assertThat(ShuffledLabels.of(Collections.nCopies(10, new float[] {0, 1})).pValue())
        .isEqualTo(1);
    assertThat(right.get(0)).containsExactly(1, 0);
  }

  @Test
  void shuffledTiesStayTies() {
    ShuffledLabels shuffled = ShuffledLabels.of(List.of(new float[] {2, 2}, new float[] {1, 1, 1}));
    assertThat(shuffled.accuracyLow()).isEqualTo(0.5);
    assertThat(shuffled.accuracyHigh()).isEqualTo(0.5);
    assertThat(shuffled.pValue()).isEqualTo(1);
  }
}
