package org.rlhf4j.studio.circle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CircleTest {

  private static final double EXACT = 1e-12;

  private static PairLabel label(long item, long annotator, int better, int strength, String by) {
    return new PairLabel(
        item, annotator, "annotator " + annotator, better, 1 - better, strength, by);
  }

  private static PairLabels labels(PairLabel... labels) {
    return new PairLabels(List.of(labels), 3, 2);
  }

  /**
   * Items 1 and 2 are random and new, 3 is chosen by a model, 4 is learnt. Of item 1 two of three
   * say that 0 is better, and the scores say so too, by 1; of item 2 the scores say the contrary.
   * On items 5 nobody is in the majority, 6 doesn't fit, 7 has no scores yet.
   */
  private static Circle circle(boolean all) {
    PairLabels labels =
        labels(
            label(1, 1, 0, 4, "random"),
            label(1, 2, 0, 1, "random"),
            label(1, 3, 1, 2, "random"),
            label(2, 1, 0, 4, "random"),
            label(3, 1, 1, 4, "smallest-margin"),
            label(4, 1, 0, 4, "random"),
            label(5, 1, 0, 4, "random"),
            label(5, 2, 1, 4, "random"),
            label(6, 1, 0, 4, "random"),
            label(7, 1, 0, 4, "random"));
    Map<Long, double[]> scores =
        Map.of(
            1L, new double[] {2, 1},
            2L, new double[] {-3, 0},
            3L, new double[] {1, 1},
            4L, new double[] {9, 0},
            5L, new double[] {0, 5},
            6L, new double[0]);
    return Circle.of(labels, scores, Set.of(4L), all);
  }

  /** One right of two; the chosen pair has equal scores, which count one half. */
  @Test
  void groupsAreCounted() {
    Circle circle = circle(false);
    assertThat(circle.groups())
        .extracting(Share::name, Share::pairs, Share::accuracy)
        .containsExactly(
            tuple("new-random", 2, 0.5), tuple("new-chosen", 1, 0.5), tuple("learnt", 1, 1.0));
    assertThat(circle.ties()).isEqualTo(3);
    assertThat(circle.edited()).isEqualTo(2);
    assertThat(circle.disagreed()).isOne();
    assertThat(circle.unfit()).isOne();
    assertThat(circle.unscored()).isOne();
  }

  /**
   * With z = 1.959964, n = 2 and one right: centre (0.5 + z²/4) / (1 + z²/2) = 0.5, half the width
   * z √(0.125 + z²/16) / (1 + z²/2) = 0.4055.
   */
  @Test
  void theIntervalIsWilsons() {
    double z2 = 1.959963984540054 * 1.959963984540054;
    double half = Math.sqrt(z2) * Math.sqrt(0.125 + z2 / 16) / (1 + z2 / 2);
    Share fair = circle(false).groups().get(0);
    assertThat(fair.low()).isCloseTo(0.5 - half, within(EXACT));
    assertThat(fair.high()).isCloseTo(0.5 + half, within(EXACT));
    assertThat(half).isCloseTo(0.4055, within(1e-4));
  }

  /**
   * New labels of annotator 1: item 1 right, 2 wrong, 3 even, 5 wrong (scores 0 and 5): 1.5 of 4;
   * with the learnt one 2.5 of 5.
   */
  @Test
  void partsAreOfNewPairsUnlessAllAreAskedFor() {
    assertThat(circle(false).onNew()).isTrue();
    assertThat(circle(false).annotators().get(0).pairs()).isEqualTo(4);
    assertThat(circle(false).annotators().get(0).accuracy()).isEqualTo(1.5 / 4);
    assertThat(circle(true).onNew()).isFalse();
    assertThat(circle(true).annotators().get(0).accuracy()).isEqualTo(2.5 / 5);
    assertThat(circle(false).strengths())
        .extracting(Share::name)
        .containsExactly("much better", "slightly better", "hardly better");
  }

  /**
   * Of the new majorities item 1 has confidence σ(1) = 0.7311 and is right, item 2 σ(3) = 0.9526
   * and is wrong, item 3 σ(0) = 0.5 and counts half: (0.2689 + 0.9526 + 0) / 3.
   */
  @Test
  void calibrationIsOfMajorities() {
    assertThat(circle(false).calibrationError())
        .isCloseTo((1 - 1 / (1 + Math.exp(-1)) + 1 / (1 + Math.exp(-3)) + 0) / 3, within(EXACT));
  }

  /** A model that prefers what everybody prefers is right on all, one turned around on none. */
  @Test
  void turningAllScoresAroundTurnsTheAccuracyAround() {
    List<PairLabel> labels = new ArrayList<>();
    for (int item = 0; item < 9; item++) {
      labels.add(label(item, 1, item % 2, 2, "random"));
    }
    Map<Long, double[]> right = new HashMap<>();
    Map<Long, double[]> turned = new HashMap<>();
    for (PairLabel label : labels) {
      right.put(label.item(), new double[] {-label.better(), label.better() - 1});
      turned.put(label.item(), new double[] {label.better(), 1 - label.better()});
    }
    PairLabels all = new PairLabels(labels, 0, 0);
    assertThat(Circle.of(all, right, Set.of(), false).groups().get(0).accuracy()).isEqualTo(1);
    assertThat(Circle.of(all, turned, Set.of(), false).groups().get(0).accuracy()).isZero();
  }

  @Test
  void withoutPairsThereIsNoAccuracy() {
    Circle circle = Circle.of(new PairLabels(List.of(), 0, 0), Map.of(), Set.of(), false);
    assertThat(circle.groups()).allSatisfy(share -> assertThat(share.accuracy()).isNull());
    assertThat(circle.calibrationError()).isNull();
    assertThat(circle.annotators()).isEmpty();
  }
}
