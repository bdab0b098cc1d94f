package org.rlhf4j.reward;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.rlhf4j.data.token.TrainingRow;

/**
 * What a score owes to length, taken out: r'(x, y) = r(x, y) − b |y|, for completions of |y|
 * tokens. b is the least-squares slope over the training pairs, whose differences don't depend on
 * the prompt,
 *
 * <pre>  b = Σ Δr Δl / Σ Δl²,   Δr = r_w − r_l,   Δl = |y_w| − |y_l|</pre>
 *
 * <p>It has no constant: if the completions of a pair changed places, Δr and Δl would both change
 * their signs.
 *
 * @param slope b, score per token
 * @param trainingPairs the pairs that it was fitted on
 * @param before how the scores order held-out pairs as they were learnt; null if none are held out
 * @param after the same of r'
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LengthDebias(double slope, int trainingPairs, Judged before, Judged after) {

  /**
   * The differences of a pair, the better completion less the worse one.
   *
   * @param score Δr
   * @param length Δl, in tokens
   */
  record Differences(double score, double length) {

    /** Of all pairs of rows, whose completions are best first. */
    static List<Differences> of(List<? extends TrainingRow> rows, List<float[]> scores) {
      List<Differences> pairs = new ArrayList<>();
      for (int row = 0; row < rows.size(); row++) {
        List<int[]> completions = rows.get(row).tree().completions();
        float[] given = scores.get(row);
        for (int i = 0; i < given.length; i++) {
          for (int j = i + 1; j < given.length; j++) {
            int length = completions.get(i).length - completions.get(j).length;
            pairs.add(new Differences((double) given[i] - given[j], length));
          }
        }
      }
      return pairs;
    }
  }

  /**
   * How scores order pairs, and how much length has to do with it.
   *
   * @param accuracy the share ordered right, a tie one half
   * @param lengthCorrelation Σ Δr Δl / √(Σ Δr² Σ Δl²), from −1 to 1; 0 where either is 0 throughout
   */
  @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
  public record Judged(double accuracy, double lengthCorrelation) {
    static Judged of(List<Differences> pairs) {
      double right = pairs.stream().mapToDouble(pair -> (1 + Math.signum(pair.score())) / 2).sum();
      Sums sums = Sums.of(pairs);
      double scale = Math.sqrt(sums.scores() * sums.lengths());
      return new Judged(right / pairs.size(), scale == 0 ? 0 : sums.products() / scale);
    }
  }

  /** Σ Δr², Σ Δl², Σ Δr Δl. */
  private record Sums(double scores, double lengths, double products) {
    static Sums of(List<Differences> pairs) {
      return new Sums(
          pairs.stream().mapToDouble(pair -> pair.score() * pair.score()).sum(),
          pairs.stream().mapToDouble(pair -> pair.length() * pair.length()).sum(),
          pairs.stream().mapToDouble(pair -> pair.score() * pair.length()).sum());
    }
  }

  /** b of pairs; 0 where the completions of each are equally long. */
  static double slope(List<Differences> pairs) {
    Sums sums = Sums.of(pairs);
    return sums.lengths() == 0 ? 0 : sums.products() / sums.lengths();
  }

  /** For the reader at the terminal, one line. */
  String sentence() {
    String fitted =
        String.format(
            Locale.ROOT,
            "length debias: %.4g a token is taken out, fitted on %,d training pairs",
            slope,
            trainingPairs);
    return before == null
        ? fitted
        : fitted
            + String.format(
                Locale.ROOT,
                "; held-out pairs ordered right: %.1f %% before, %.1f %% after; correlation of"
                    + " score with length: %.2f before, %.2f after",
                100 * before.accuracy(),
                100 * after.accuracy(),
                before.lengthCorrelation(),
                after.lengthCorrelation());
  }
}
