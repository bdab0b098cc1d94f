package org.rlhf4j.studio.runs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class MetricColumnsTest {

  private static MetricColumns losses(double... values) {
    MetricColumns columns = new MetricColumns();
    for (int i = 0; i < values.length; i++) {
      columns.begin(i + 1);
      if (!Double.isNaN(values[i])) {
        columns.put("loss", values[i]);
      }
    }
    return columns;
  }

  @Test
  void fewRowsAreAllThere() {
    ObjectNode series = losses(3, 1, Double.NaN, 2).thinned(4, 4);
    assertThat(series.toString())
        .isEqualTo("{\"steps\":[1,2,3,4],\"values\":{\"loss\":[3.0,1.0,null,2.0]},\"every\":1}");
  }

  /**
   * Eight rows as four points are two of every four rows. Of 3 1 9 4 the least, 1, comes before the
   * greatest, 9; of 5 8 0 7 the greatest, 8, before the least, 0.
   */
  @Test
  void peaksAreKeptInTheirOrder() {
    ObjectNode series = losses(3, 1, 9, 4, 5, 8, 0, 7).thinned(8, 4);
    assertThat(series.get("every").intValue()).isEqualTo(4);
    assertThat(series.get("steps").toString()).isEqualTo("[1,4,5,8]");
    assertThat(series.get("values").get("loss").toString()).isEqualTo("[1.0,9.0,8.0,0.0]");
  }

  @Test
  void pointsWithoutANumberAreNull() {
    double none = Double.NaN;
    ObjectNode series = losses(none, none, none, 2, none, none).thinned(6, 4);
    assertThat(series.get("values").get("loss").toString()).isEqualTo("[null,null,2.0,2.0]");
  }

  @Test
  void aMetricThatBeginsLateHasNoNumberBefore() {
    MetricColumns columns = losses(1, 2);
    columns.begin(3);
    columns.put("eval_loss", 7);
    assertThat(columns.rows(1, 3).toString())
        .isEqualTo("{\"steps\":[2,3],\"values\":{\"loss\":[2.0,null],\"eval_loss\":[null,7.0]}}");
  }

  /** More rows than the columns begin with room for. */
  @Test
  void columnsGrow() {
    MetricColumns columns = new MetricColumns();
    for (int step = 1; step <= 5000; step++) {
      columns.begin(step);
      columns.put("loss", step);
    }
    assertThat(columns.lastStep()).isEqualTo(5000);
    assertThat(columns.rows(4999, 5000).toString())
        .isEqualTo("{\"steps\":[5000],\"values\":{\"loss\":[5000.0]}}");
  }
}
