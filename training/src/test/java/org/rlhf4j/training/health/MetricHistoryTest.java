package org.rlhf4j.training.health;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.training.run.Metrics;

/** Against plain lists of all values. */
class MetricHistoryTest {

  private final MetricHistory history = new MetricHistory(Precision.FP32);
  private final List<Double> all = new ArrayList<>();

  @Test
  void whatIsLookedAtIsThatOfAllValues() {
    Random random = new Random(1);
    for (int i = 0; i < 200; i++) {
      add(random.nextGaussian());

      assertEquals(all.size(), history.count("loss"));
      assertEquals(all.get(i), history.last("loss").orElseThrow());
      if (i >= 1) {
        assertEquals(least(all.subList(0, i)), history.leastBeforeLast("loss").orElseThrow());
      }
      if (i >= 10) {
        List<Double> before = all.subList(Math.max(0, i - 50), i).stream().sorted().toList();
        assertEquals(
            before.get(before.size() / 2), history.medianBeforeLast("loss", 50).orElseThrow());
      }
      if (i >= 19) {
        assertEquals(mean(all.subList(0, 20)), history.start("loss", 20).orElseThrow());
        assertEquals(mean(all.subList(i - 19, i + 1)), history.recent("loss", 20).orElseThrow());
      }
    }
  }

  @Test
  void fewerValuesThanAskedForAreNone() {
    add(3);

    assertTrue(history.start("loss", 2).isEmpty());
    assertTrue(history.recent("loss", 2).isEmpty());
    assertTrue(history.leastBeforeLast("loss").isEmpty());
    assertTrue(history.medianBeforeLast("loss", 50).isEmpty());
    assertTrue(history.last("reward").isEmpty());
  }

  @Test
  void moreValuesThanAreKeptArentGuessed() {
    assertThrows(IllegalArgumentException.class, () -> history.start("loss", 52));
    assertThrows(IllegalArgumentException.class, () -> history.recent("loss", 52));
    assertThrows(IllegalArgumentException.class, () -> history.medianBeforeLast("loss", 51));
  }

  private void add(double value) {
    all.add(value);
    history.add(new Metrics().put("loss", value));
  }

  private static double least(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).sum() / values.size();
  }
}
