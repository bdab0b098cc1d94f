package org.rlhf4j.reward;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.Comparator;
import java.util.List;
import org.rlhf4j.data.row.Comparison;

/**
 * A pair whose worse completion has the higher score.
 *
 * @param location where its row begins, {@code file:line:column}
 * @param prompt the prompt's text
 * @param chosen the better completion's
 * @param rejected the worse completion's
 * @param chosenScore r_w
 * @param rejectedScore r_l, above r_w
 */
@JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
public record WrongPair(
    String location,
    String prompt,
    String chosen,
    String rejected,
    double chosenScore,
    double rejectedScore) {

  private static final int KEPT = 20;

  /**
   * The pairs that are most wrong, at most {@value #KEPT}.
   *
   * @param pairs judged pairs
   * @return the most wrong one first
   */
  static List<WrongPair> of(List<JudgedPair> pairs) {
    return pairs.stream()
        .filter(pair -> pair.difference() < 0)
        .sorted(Comparator.comparingDouble(JudgedPair::difference))
        .limit(KEPT)
        .map(WrongPair::of)
        .toList();
  }

  private static WrongPair of(JudgedPair pair) {
    Comparison comparison = (Comparison) pair.row().row();
    return new WrongPair(
        comparison.location().toString(),
        comparison.prompt(),
        comparison.completions().get(pair.better()),
        comparison.completions().get(pair.worse()),
        pair.betterScore(),
        pair.worseScore());
  }
}
