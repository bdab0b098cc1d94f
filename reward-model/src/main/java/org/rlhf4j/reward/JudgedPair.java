package org.rlhf4j.reward;

import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.data.token.TokenizedRow;

/**
 * A pair of completions of which one is the better, with the scores that a reward model gave them.
 * A ranking of K completions has C(K,2) pairs.
 *
 * @param row the comparison that the pair is of
 * @param better the place of the better completion in the row, from 0
 * @param worse the place of the worse one
 * @param betterScore r_w
 * @param worseScore r_l
 */
record JudgedPair(TokenizedRow row, int better, int worse, float betterScore, float worseScore) {

  /**
   * The pairs of comparisons, row by row.
   *
   * @param rows comparisons, completions best first
   * @param scores for each row one score per completion
   */
  static List<JudgedPair> of(List<TokenizedRow> rows, List<float[]> scores) {
    List<JudgedPair> pairs = new ArrayList<>();
    for (int row = 0; row < rows.size(); row++) {
      float[] given = scores.get(row);
      for (int i = 0; i < given.length; i++) {
        for (int j = i + 1; j < given.length; j++) {
          pairs.add(new JudgedPair(rows.get(row), i, j, given[i], given[j]));
        }
      }
    }
    return pairs;
  }

  /** r_w − r_l. */
  double difference() {
    return (double) betterScore - worseScore;
  }

  /** 1 where the scores order the pair right, 0 where wrong, a tie one half. */
  double right() {
    return (1 + Math.signum(difference())) / 2;
  }

  /** Tokens of the better completion less those of the worse one. */
  int lengthDifference() {
    List<int[]> completions = row.tree().completions();
    return completions.get(better).length - completions.get(worse).length;
  }

  /**
   * 1 where the better completion is the longer one, 0 where the shorter, equal lengths one half.
   */
  double rightByLength() {
    return (1 + Math.signum((double) lengthDifference())) / 2;
  }

  /** The number of pairs that its row has, C(K,2). */
  int pairsOfRow() {
    int completions = row.tree().completions().size();
    return completions * (completions - 1) / 2;
  }
}
