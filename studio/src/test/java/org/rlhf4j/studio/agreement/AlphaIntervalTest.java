package org.rlhf4j.studio.agreement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rlhf4j.studio.agreement.KrippendorffAlpha.Metric;

class AlphaIntervalTest {

  /** Sixty items of two or three annotators, who agree on about four of five. */
  private static List<List<Integer>> items() {
    Random random = new Random(7);
    List<List<Integer>> items = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      int truth = random.nextInt(3);
      List<Integer> item = new ArrayList<>();
      for (int annotator = 0; annotator < 2 + i % 2; annotator++) {
        item.add(random.nextInt(5) == 0 ? random.nextInt(3) : truth);
      }
      items.add(item);
    }
    items.add(List.of(1));
    return items;
  }

  /** The same by a plain loop, with draws of its own: 20,000, so its ends are near the truth. */
  @Test
  void itIsTheBootstrapOverItems() {
    List<List<Integer>> shared = items().subList(0, 60);
    Random random = new Random(11);
    List<Double> alphas = new ArrayList<>();
    for (int draw = 0; draw < 20_000; draw++) {
      List<List<Integer>> drawn = new ArrayList<>();
      for (int i = 0; i < shared.size(); i++) {
        drawn.add(shared.get(random.nextInt(shared.size())));
      }
      alphas.add(KrippendorffAlpha.of(drawn, Metric.NOMINAL));
    }
    alphas.sort(null);
    AlphaInterval interval = AlphaInterval.of(items(), Metric.NOMINAL);
    assertThat(interval.low()).isCloseTo(alphas.get(500), within(0.03));
    assertThat(interval.high()).isCloseTo(alphas.get(19_499), within(0.03));
    assertThat(KrippendorffAlpha.of(items(), Metric.NOMINAL))
        .isBetween(interval.low(), interval.high());
    assertThat(AlphaInterval.of(items(), Metric.NOMINAL)).as("always the same").isEqualTo(interval);
  }

  @Test
  void fullAgreementIsCertain() {
    List<List<Integer>> items = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      items.add(List.of(i % 2, i % 2));
    }
    assertThat(AlphaInterval.of(items, Metric.NOMINAL)).isEqualTo(new AlphaInterval(1, 1));
  }

  @Test
  void withoutSharedItemsThereIsNone() {
    assertThat(AlphaInterval.of(List.of(List.of(1), List.of(2)), Metric.NOMINAL)).isNull();
    assertThat(AlphaInterval.of(List.of(List.of(1, 1), List.of(1, 1)), Metric.NOMINAL))
        .as("α isn't defined of a single value")
        .isNull();
  }
}
