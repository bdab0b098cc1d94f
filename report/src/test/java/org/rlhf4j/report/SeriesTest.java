package org.rlhf4j.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.rlhf4j.training.run.Metrics;

class SeriesTest {

  private static SortedMap<Integer, Metrics> steps(int steps) {
    SortedMap<Integer, Metrics> metrics = new TreeMap<>();
    for (int step = 1; step <= steps; step++) {
      Metrics made = new Metrics().put("loss", step == 2 ? Double.NaN : step / 3.0);
      metrics.put(step, step == 4 ? made.put("eval_loss", 0.25) : made);
    }
    return metrics;
  }

  @Test
  void aStepIsAPointToSixDigits() {
    ObjectNode series = Series.of(steps(4), 4);
    assertThat(series.toString())
        .isEqualTo(
            "{\"every\":1,\"steps\":[1,2,3,4],\"values\":{"
                + "\"loss\":[0.333333,null,1,1.33333],\"eval_loss\":[null,null,null,0.25]}}");
  }

  /** Points of steps 1 to 2 (the second has no number), 3 to 4 and 5. */
  @Test
  void morePointsThanAllowedAreMeans() {
    ObjectNode series = Series.of(steps(5), 4);
    assertThat(series.toString())
        .isEqualTo(
            "{\"every\":2,\"steps\":[2,4,5],\"values\":{"
                + "\"loss\":[0.333333,1.16667,1.66667],\"eval_loss\":[null,0.25,null]}}");
  }
}
