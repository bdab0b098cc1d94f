package org.rlhf4j.reward;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Locale;
import org.apache.commons.statistics.inference.AlternativeHypothesis;
import org.apache.commons.statistics.inference.BinomialTest;

/**
 * Two judges of the same pairs (McNemar 1947, the exact form). Pairs that both judge alike say
 * nothing of which is better. Of the b + c others, b go to the first judge and c to the second;
 * were they equally good, b would be binomial with ½, and
 *
 * <pre>  p = P(|B − (b + c)/2| ≥ |b − (b + c)/2|),  B ~ Binomial(b + c, ½)</pre>
 *
 * The difference of their accuracies has the 95 % interval d ± 1.959964 s/√n, s the unbiased
 * deviation of the pairs' differences.
 *
 * @param pairs pairs that both judged, n
 * @param accuracy the first judge's, a tie one half
 * @param otherAccuracy the second's
 * @param difference the first's less the second's, d
 * @param differenceLow the lower end of its interval
 * @param differenceHigh the upper end
 * @param better pairs that the first judges better, b; a tie is better than wrong, worse than right
 * @param worse pairs that the second judges better, c
 * @param pValue p; 1 where no pair is judged differently
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record PairedTest(
    int pairs,
    double accuracy,
    double otherAccuracy,
    double difference,
    double differenceLow,
    double differenceHigh,
    int better,
    int worse,
    double pValue) {

  /**
   * Compares two judges.
   *
   * @param first for each pair 1 where the first judge orders it right, 0 where wrong, a tie ½
   * @param second the same of the second judge, the same pairs in the same order
   * @return the comparison
   */
  public static PairedTest of(double[] first, double[] second) {
    int n = first.length;
    int better = 0;
    int worse = 0;
    double firstSum = 0;
    double secondSum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      better += first[i] > second[i] ? 1 : 0;
      worse += first[i] < second[i] ? 1 : 0;
      firstSum += first[i];
      secondSum += second[i];
      squares += (first[i] - second[i]) * (first[i] - second[i]);
    }
    double difference = (firstSum - secondSum) / n;
    double variance = n < 2 ? 0 : Math.max(0, squares - n * difference * difference) / (n - 1);
    double half = Wilson.Z * Math.sqrt(variance / n);
    return new PairedTest(
        n,
        firstSum / n,
        secondSum / n,
        difference,
        difference - half,
        difference + half,
        better,
        worse,
        exact(better, worse));
  }

  /** The two-sided p of b successes in b + c trials with ½. */
  private static double exact(int better, int worse) {
    return better + worse == 0
        ? 1
        : BinomialTest.withDefaults()
            .with(AlternativeHypothesis.TWO_SIDED)
            .test(better + worse, better, 0.5)
            .getPValue();
  }

  /**
   * Writes the comparison as a table to read.
   *
   * @param title what stands above it
   * @return lines, each with its line break
   */
  public String text(String title) {
    return String.format(
        Locale.ROOT,
        "%s%n%-16s %+.1f points (95 %% from %+.1f to %+.1f)%n%-16s %,d of %,d pairs better, %,d"
            + " worse%n%-16s %.3g (McNemar, exact)%n",
        title,
        "difference",
        100 * difference,
        100 * differenceLow,
        100 * differenceHigh,
        "judged otherwise",
        better,
        pairs,
        worse,
        "p",
        pValue);
  }
}
