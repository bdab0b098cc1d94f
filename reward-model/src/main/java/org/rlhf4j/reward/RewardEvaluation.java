package org.rlhf4j.reward;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Locale;
import org.rlhf4j.data.DataReport;
import org.rlhf4j.data.Tokenized;
import org.rlhf4j.data.TokenizedRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;

/**
 * How well a reward model orders held-out comparisons: {@code evaluation.json}, and what {@code
 * rlhf evaluate --json} prints. Of a ranking every pair counts as one.
 *
 * @param pairs pairs judged
 * @param accuracy the share ordered right, a tie one half
 * @param accuracyLow the lower end of its 95 % Wilson interval
 * @param accuracyHigh the upper end
 * @param ties pairs of equal scores
 * @param loss the mean over rows of the mean over a row's pairs of −log σ(r_w − r_l − m)
 * @param marginMean the mean of r_w − r_l
 * @param lengthAccuracy the accuracy of a judge that prefers the completion of more tokens; below
 *     one half the shorter ones are better
 * @param cut rows whose prompt lost its beginning
 * @param dropped rows left out because they are too long
 * @param calibration how often the model is right against how sure it is
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
    int cut,
    int dropped,
    List<CalibrationBin> calibration) {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** Keeps a copy. */
  public RewardEvaluation {
    calibration = List.copyOf(calibration);
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
    return of(heldOut.rows(), Scorer.score(model, trees, tokenBudget), heldOut.report());
  }

  /**
   * Judges scores.
   *
   * @param rows at least one comparison
   * @param scores for each row one score per completion
   * @param report how many rows were cut and dropped
   * @return the evaluation
   */
  public static RewardEvaluation of(
      List<TokenizedRow> rows, List<float[]> scores, DataReport report) {
    Pairs pairs = Pairs.of(rows);
    float[] flat = concat(scores);
    double[] differences = new double[pairs.count()];
    double loss = 0;
    double sum = 0;
    int ties = 0;
    for (int pair = 0; pair < differences.length; pair++) {
      double difference = pairs.difference(flat, pair);
      differences[pair] = difference;
      sum += difference;
      ties += difference == 0 ? 1 : 0;
      loss += pairs.weights()[pair] * softPlus(pairs.margins()[pair] - difference);
    }
    double right = pairs.right(flat);
    Wilson interval = Wilson.of(right, pairs.count());
    return new RewardEvaluation(
        pairs.count(),
        right / pairs.count(),
        interval.low(),
        interval.high(),
        ties,
        loss / rows.size(),
        sum / pairs.count(),
        pairs.right(concat(rows.stream().map(RewardEvaluation::lengths).toList())) / pairs.count(),
        report.cut(),
        report.dropped(),
        CalibrationBin.of(differences));
  }

  /** log(1 + eˣ) without overflow. */
  private static double softPlus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private static float[] lengths(TokenizedRow row) {
    List<int[]> completions = row.tree().completions();
    float[] lengths = new float[completions.size()];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = completions.get(i).length;
    }
    return lengths;
  }

  private static float[] concat(List<float[]> rows) {
    float[] flat = new float[rows.stream().mapToInt(row -> row.length).sum()];
    int at = 0;
    for (float[] row : rows) {
      System.arraycopy(row, 0, flat, at, row.length);
      at += row.length;
    }
    return flat;
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
            + " %.1f %%",
        100 * accuracy,
        100 * accuracyLow,
        100 * accuracyHigh,
        100 * lengthAccuracy);
  }

  /**
   * Writes the evaluation as a table to read.
   *
   * @return lines, each with its line break
   */
  public String text() {
    StringBuilder text = new StringBuilder();
    line(text, "accuracy", "%.1f %%", 100 * accuracy);
    line(text, "95 % interval", "%.1f to %.1f %%", 100 * accuracyLow, 100 * accuracyHigh);
    line(text, "by length alone", "%.1f %%", 100 * lengthAccuracy);
    line(text, "pairs", "%,d", pairs);
    line(text, "ties", "%,d", ties);
    line(text, "loss", "%.4f", loss);
    line(text, "mean margin", "%.4f", marginMean);
    line(text, "rows cut", "%,d", cut);
    line(text, "rows dropped", "%,d", dropped);
    text.append(String.format(Locale.ROOT, "%n%-12s %6s  %5s%n", "how sure", "pairs", "right"));
    for (CalibrationBin bin : calibration) {
      String right =
          bin.pairs() == 0 ? "-" : String.format(Locale.ROOT, "%.0f %%", 100 * bin.observed());
      text.append(
          String.format(
              Locale.ROOT,
              "%3.0f to %3.0f %% %6d  %5s%n",
              100 * bin.low(),
              100 * bin.high(),
              bin.pairs(),
              right));
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String name, String format, Object... values) {
    text.append(String.format(Locale.ROOT, "%-16s ", name));
    text.append(String.format(Locale.ROOT, format, values)).append(System.lineSeparator());
  }
}
