package org.rlhf4j.reward;

import java.util.List;

/**
 * How well scores agree with rankings of more than two completions: Kendall's τ of a row (Kendall
 * 1938) is
 *
 * <pre>  τ = (pairs ordered right − pairs ordered wrong) / C(K,2)</pre>
 *
 * 1 for the same order, −1 for the reverse one, 0 by chance. Equal scores count for neither.
 *
 * @param rows rankings of more than two
 * @param kendallTau the mean of their τ, or null where there are none
 */
record Rankings(int rows, Double kendallTau) {

  /**
   * Measures agreement.
   *
   * @param scores for each row one score per completion, best first
   */
  static Rankings of(List<float[]> scores) {
    List<float[]> rankings = scores.stream().filter(row -> row.length > 2).toList();
    return rankings.isEmpty()
        ? new Rankings(0, null)
        : new Rankings(
            rankings.size(),
            rankings.stream().mapToDouble(Rankings::kendallTau).average().orElseThrow());
  }

  static double kendallTau(float[] scores) {
    int agreement = 0;
    int pairs = 0;
    for (int i = 0; i < scores.length; i++) {
      for (int j = i + 1; j < scores.length; j++) {
        agreement += (int) Math.signum(scores[i] - scores[j]);
        pairs++;
      }
    }
    return (double) agreement / pairs;
  }
}
