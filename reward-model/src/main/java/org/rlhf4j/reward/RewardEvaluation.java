package org.rlhf4j.reward;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.token.Tokenized;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.training.run.FiniteJson;

/**
 * How well a reward model orders held-out comparisons: {@code evaluation.json}, and what {@code
 * rlhf evaluate --json} prints. Of a ranking every pair counts as one.
 *
 * @param pairs pairs judged
 * @param accuracy the share ordered right, a tie one half
 * @param accuracyLow the lower end of its 95 % Wilson interval
 * @param accuracyHigh the upper end
 * @param ties pairs of equal scores
 * @param loss the mean over rows of the mean over a row's pairs of −log σ(r_w − r_l − m), or
 *     another loss that the scores were learnt by
 * @param marginMean the mean of r_w − r_l
 * @param lengthAccuracy the accuracy of a judge that prefers the completion of more tokens; below
 *     one half the shorter ones are better
 * @param lengthBaseline the better judge of length alone, and whether the model beats it
 * @param shuffledLabels what the scores reach by chance
 * @param rankings rows of more than two completions
 * @param kendallTau how well the scores agree with those, or null where there are none
 * @param cut rows whose prompt lost its beginning
 * @param dropped rows left out because they are too long
 * @param calibration how often the model is right against how sure it is
 * @param calibrationError the expected calibration error over those bins
 * @param margins how r_w − r_l is distributed
 * @param breakdowns the accuracy on parts of the pairs
 * @param mostWrong the pairs that are most wrong, with their texts
 * @param lengthDebias what was taken out of the scores for length, or null
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record RewardEvaluation(
    int pairs,
    double accuracy,
    double accuracyLow,
    double accuracyHigh,
    int ties,
    double loss,
    double marginMean,
    double lengthAccuracy,
    LengthBaseline lengthBaseline,
    ShuffledLabels shuffledLabels,
    int rankings,
    Double kendallTau,
    int cut,
    int dropped,
    List<CalibrationBin> calibration,
    double calibrationError,
    List<MarginBin> margins,
    List<Breakdown> breakdowns,
    List<WrongPair> mostWrong,
    @JsonInclude(JsonInclude.Include.NON_NULL) LengthDebias lengthDebias) {

  private static final ObjectMapper JSON =
      FiniteJson.mapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** Keeps copies. */
  public RewardEvaluation {
    calibration = List.copyOf(calibration);
    margins = List.copyOf(margins);
    breakdowns = List.copyOf(breakdowns);
    mostWrong = List.copyOf(mostWrong);
  }

  /**
   * Evaluates a model.
   *
   * @param model the reward model
   * @param heldOut at least one comparison
   * @param tokenBudget tokens that go through the network at once
   * @return the evaluation
   */
  public static RewardEvaluation of(
      ScalarModel model, Tokenized<TokenizedRow> heldOut, int tokenBudget) {
    List<TokenTree> trees = heldOut.rows().stream().map(TokenizedRow::tree).toList();
    return of(heldOut.rows(), Scorer.score(model, trees, tokenBudget), heldOut.report(), List.of());
  }

  /**
   * Judges scores.
   *
   * @param rows at least one comparison
   * @param scores for each row one score per completion
   * @param report how many rows were cut and dropped
   * @param columns fields of the rows by whose values to break the accuracy down
   * @return the evaluation
   */
  public static RewardEvaluation of(
      List<TokenizedRow> rows, List<float[]> scores, DataReport report, List<String> columns) {
    double loss =
        JudgedPair.of(rows, scores).stream().mapToDouble(RewardEvaluation::weightedLoss).sum();
    return of(rows, scores, loss / rows.size(), report, columns);
  }

  /**
   * Judges scores that were learnt by another loss.
   *
   * @param rows at least one comparison
   * @param scores for each row one score per completion
   * @param loss what that loss is on these rows
   * @param report how many rows were cut and dropped
   * @param columns fields of the rows by whose values to break the accuracy down
   * @return the evaluation
   */
  public static RewardEvaluation of(
      List<TokenizedRow> rows,
      List<float[]> scores,
      double loss,
      DataReport report,
      List<String> columns) {
    List<JudgedPair> pairs = JudgedPair.of(rows, scores);
    double[] differences = pairs.stream().mapToDouble(JudgedPair::difference).toArray();
    Accuracy accuracy = Accuracy.of(pairs, JudgedPair::right);
    Rankings rankings = Rankings.of(scores);
    List<CalibrationBin> calibration = CalibrationBin.of(differences);
    return new RewardEvaluation(
        pairs.size(),
        accuracy.accuracy(),
        accuracy.accuracyLow(),
        accuracy.accuracyHigh(),
        (int) Arrays.stream(differences).filter(difference -> difference == 0).count(),
        loss,
        Arrays.stream(differences).average().orElseThrow(),
        Accuracy.of(pairs, JudgedPair::rightByLength).accuracy(),
        LengthBaseline.of(pairs),
        ShuffledLabels.of(scores),
        rankings.rows(),
        rankings.kendallTau(),
        report.cut(),
        report.dropped(),
        calibration,
        CalibrationBin.expectedError(calibration),
        MarginBin.of(differences),
        Breakdown.of(pairs, columns),
        WrongPair.of(pairs),
        null);
  }

  /** The same, of scores from which something was taken out for length. */
  RewardEvaluation with(LengthDebias debias) {
    return new RewardEvaluation(
        pairs,
        accuracy,
        accuracyLow,
        accuracyHigh,
        ties,
        loss,
        marginMean,
        lengthAccuracy,
        lengthBaseline,
        shuffledLabels,
        rankings,
        kendallTau,
        cut,
        dropped,
        calibration,
        calibrationError,
        margins,
        breakdowns,
        mostWrong,
        debias);
  }

  /** −log σ(r_w − r_l − m) as log(1 + eˣ) without overflow, over the number of the row's pairs. */
  private static double weightedLoss(JudgedPair pair) {
    double x = pair.row().margin() - pair.difference();
    return (Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))) / pair.pairsOfRow();
  }

  /**
   * Holds two reward models against each other on the rows that both were given.
   *
   * @param rows comparisons
   * @param scores of the one model, for each row one per completion
   * @param others of the other model, likewise
   * @return the comparison
   */
  public static PairedTest compare(
      List<TokenizedRow> rows, List<float[]> scores, List<float[]> others) {
    return PairedTest.of(right(rows, scores), right(rows, others));
  }

  private static double[] right(List<TokenizedRow> rows, List<float[]> scores) {
    return JudgedPair.of(rows, scores).stream().mapToDouble(JudgedPair::right).toArray();
  }

  /**
   * Writes the evaluation as a JSON object.
   *
   * @return several lines without a line break at the end
   */
  public String json() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Says the accuracy in a sentence.
   *
   * @return one line without a line break
   */
  public String sentence() {
    return String.format(
        Locale.ROOT,
        "held-out pairs: %.1f %% ordered right (95 %% interval %.1f to %.1f %%), by length alone"
            + " %.1f %% (prefer the %s)",
        100 * accuracy,
        100 * accuracyLow,
        100 * accuracyHigh,
        100 * lengthBaseline.accuracy().accuracy(),
        lengthBaseline.prefers());
  }

  /**
   * Writes the evaluation as tables to read.
   *
   * @return lines, each with its line break
   */
  public String text() {
    return EvaluationText.of(this);
  }
}
