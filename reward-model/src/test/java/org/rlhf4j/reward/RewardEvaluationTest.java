package org.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.rlhf4j.data.DataReport;
import org.rlhf4j.data.TokenizedRow;
import org.rlhf4j.model.TokenTree;

class RewardEvaluationTest {

  private static final Offset<Double> CLOSE = within(1e-6);

  /** Two completions of these lengths, the better one first. */
  private static TokenizedRow pair(int better, int worse, double margin) {
    return RewardFixture.row(
        new TokenTree(new int[] {5}, List.of(new int[better], new int[worse])), margin);
  }

  private static RewardEvaluation evaluation() {
    List<TokenizedRow> rows =
        List.of(pair(3, 2, 0), pair(2, 4, 0), pair(2, 2, 0), pair(1, 2, 1), pair(5, 1, 0));
    List<float[]> scores =
        List.of(
            new float[] {2, 0.5f}, // 1.5, right, confidence σ(1.5) = 0.8175745
            new float[] {-1, 1}, // −2, wrong, confidence σ(2) = 0.8807971
            new float[] {3, 3}, // 0, a tie, confidence ½
            new float[] {1, 0.5f}, // 0.5, right, confidence σ(0.5) = 0.6224593; margin 1
            new float[] {9, 0}); // 9, right, confidence 0.9998766
    return RewardEvaluation.of(
        rows, scores, new DataReport.Builder(8, List.of()).build(), List.of());
  }

  @Test
  void handWorkedPairs() {
    RewardEvaluation evaluation = evaluation();
    assertThat(evaluation.pairs()).isEqualTo(5);
    assertThat(evaluation.ties()).isEqualTo(1);
    // (1 + 0 + ½ + 1 + 1) / 5
    assertThat(evaluation.accuracy()).isCloseTo(0.7, CLOSE);
    // (1.5 − 2 + 0 + 0.5 + 9) / 5
    assertThat(evaluation.marginMean()).isCloseTo(1.8, CLOSE);
    // −log σ of 1.5, −2, 0, 0.5 − 1, 9:
    // (0.2014133 + 2.1269280 + 0.6931472 + 0.9740770 + 0.0001234) / 5 = 0.7991378
    assertThat(evaluation.loss()).isCloseTo(0.7991378, CLOSE);
    // The longer one is better in rows 1 and 5, neither in row 3: 2.5 / 5
    assertThat(evaluation.lengthAccuracy()).isCloseTo(0.5, CLOSE);
  }

  @Test
  void handWorkedInterval() {
    // 70 of 100, z = 1.959964: z² = 3.8414588, z²/n = 0.0384146
    // centre (0.7 + 0.0192073) / 1.0384146 = 0.6926012
    // half 1.959964 · √(0.21/100 + 0.0384146/400) / 1.0384146
    //    = 1.959964 · √0.0021960365 / 1.0384146 = 0.0884503
    Wilson wilson = Wilson.of(70, 100);
    assertThat(wilson.low()).isCloseTo(0.6041510, CLOSE);
    assertThat(wilson.high()).isCloseTo(0.7810515, CLOSE);
  }

  @Test
  void intervalStaysWithinBoundsAtTheEdges() {
    // n = 10, none: 0 to (z²/n) / (1 + z²/n) = 0.3841459 / 1.3841459 = 0.2775328
    assertThat(Wilson.of(0, 10).low()).isCloseTo(0, CLOSE);
    assertThat(Wilson.of(0, 10).high()).isCloseTo(0.2775328, CLOSE);
    assertThat(Wilson.of(10, 10).low()).isCloseTo(1 - 0.2775328, CLOSE);
    assertThat(Wilson.of(10, 10).high()).isCloseTo(1, CLOSE);
  }

  @Test
  void calibrationSetsTheShareThatIsRightAgainstConfidence() {
    List<CalibrationBin> bins = evaluation().calibration();
    assertThat(bins).extracting(CalibrationBin::pairs).containsExactly(1, 1, 0, 2, 1);
    // The bin from 0.8 to 0.9 holds one right and one wrong pair.
    assertThat(bins.get(3).observed()).isCloseTo(0.5, CLOSE);
    assertThat(bins.get(3).predicted()).isCloseTo((0.8175745 + 0.8807971) / 2, CLOSE);
    assertThat(bins.get(0).observed()).isCloseTo(0.5, CLOSE);
    assertThat(bins.get(4).observed()).isCloseTo(1, CLOSE);
    // Σ n_b/n |observed − predicted| = (|½ − ½| + |1 − 0.6224593| + 2 · |0.5 − 0.8491858|
    //    + |1 − 0.9998766|) / 5 = 1.0760357 / 5
    assertThat(evaluation().calibrationError()).isCloseTo(0.2152071, CLOSE);
  }

  /** A margin of 1000 makes a confidence of 1 to the last bit, which belongs to the last bin. */
  @Test
  void anEmptyBinPredictsItsMiddleAndTheLastHasItsEnd() {
    List<CalibrationBin> bins = CalibrationBin.of(new double[] {1000, -1000});
    assertThat(bins).hasSize(5);
    double[] low = {0.5, 0.6, 0.7, 0.8, 0.9};
    double[] middle = {0.55, 0.65, 0.75, 0.85};
    for (int bin = 0; bin < 5; bin++) {
      assertThat(bins.get(bin).low()).isCloseTo(low[bin], CLOSE);
      assertThat(bins.get(bin).high()).isCloseTo(low[bin] + 0.1, CLOSE);
      assertThat(bins.get(bin).pairs()).isEqualTo(bin < 4 ? 0 : 2);
      assertThat(bins.get(bin).predicted()).isCloseTo(bin < 4 ? middle[bin] : 1, CLOSE);
      assertThat(bins.get(bin).observed()).isCloseTo(bin < 4 ? 0 : 0.5, CLOSE);
    }
    // |1 right of 2 − 1|, and nothing of the empty ones
    assertThat(CalibrationBin.expectedError(bins)).isCloseTo(0.5, CLOSE);
  }

  @Test
  void aRankingCountsAllItsPairs() {
    TokenizedRow ranking =
        RewardFixture.row(
            new TokenTree(new int[0], List.of(new int[1], new int[1], new int[1])), 0);
    RewardEvaluation evaluation =
        RewardEvaluation.of(
            List.of(ranking, pair(1, 1, 0)),
            List.of(new float[] {2, 3, 1}, new float[] {0, 1}),
            new DataReport.Builder(8, List.of()).build(),
            List.of());
    assertThat(evaluation.pairs()).isEqualTo(4);
    assertThat(evaluation.accuracy()).isCloseTo(0.5, CLOSE);
    // Rows' means: (log(1+e) + log(1+e^−1) + log(1+e^−2)) / 3 = (1.3132617 + 0.3132617 + 0.1269280)
    // / 3 = 0.5844838; log(1+e) = 1.3132617. Their mean: 0.9488727
    assertThat(evaluation.loss()).isCloseTo(0.9488727, CLOSE);
    assertThat(evaluation.rankings()).isEqualTo(1);
    assertThat(evaluation.kendallTau()).isCloseTo(1 / 3.0, CLOSE);
    assertThat(evaluation.text()).contains("Kendall's tau    0.333 over 1 rankings");
  }

  @Test
  void writesTheNamesOfTheDocumentation() throws IOException {
    JsonNode json = new ObjectMapper().readTree(evaluation().json());
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "pairs",
            "accuracy",
            "accuracy_low",
            "accuracy_high",
            "ties",
            "loss",
            "margin_mean",
            "length_accuracy",
            "length_baseline",
            "shuffled_labels",
            "rankings",
            "kendall_tau",
            "cut",
            "dropped",
            "calibration",
            "calibration_error",
            "margins",
            "breakdowns",
            "most_wrong");
    assertThat(json.get("length_baseline").fieldNames())
        .toIterable()
        .containsExactly(
            "prefers", "pairs", "accuracy", "accuracy_low", "accuracy_high", "p_value");
    assertThat(json.get("shuffled_labels").fieldNames())
        .toIterable()
        .containsExactly("shuffles", "accuracy", "accuracy_low", "accuracy_high", "p_value");
    JsonNode margins = json.get("breakdowns").get(1);
    assertThat(margins.get("by").textValue()).isEqualTo("margin");
    assertThat(margins.get("parts").get(0).fieldNames())
        .toIterable()
        .containsExactly(
            "name", "pairs", "accuracy", "accuracy_low", "accuracy_high", "length_accuracy");
    assertThat(json.get("most_wrong").get(0).fieldNames())
        .toIterable()
        .containsExactly(
            "location", "prompt", "chosen", "rejected", "chosen_score", "rejected_score");
    assertThat(json.get("accuracy").doubleValue()).isCloseTo(0.7, CLOSE);
    assertThat(evaluation().text())
        .contains("accuracy         70.0 %")
        .contains(" 80 to  90 %      2   50 %")
        .contains("by length alone  50.0 % (prefer the longer; McNemar p 1.0)")
        .contains("expected calibration error 0.215");
    assertThat(evaluation().sentence())
        .startsWith("held-out pairs: 70.0 % ordered right (95 % interval ")
        .endsWith(", by length alone 50.0 % (prefer the longer)");
  }

  @Test
  void theSentenceNamesTheJudgeOfLengthThatIsToBeBeaten() {
    // The shorter one is better in both: preferring the longer is never right.
    RewardEvaluation evaluation =
        RewardEvaluation.of(
            List.of(pair(1, 2, 0), pair(2, 4, 0)),
            List.of(new float[] {1, 0}, new float[] {0, 1}),
            new DataReport.Builder(8, List.of()).build(),
            List.of());
    assertThat(evaluation.sentence())
        .startsWith("held-out pairs: 50.0 % ordered right")
        .endsWith(", by length alone 100.0 % (prefer the shorter)");
  }
}
