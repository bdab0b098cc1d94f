package org.rlhf4j.training.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class FiniteJsonTest {

  private record Numbers(
      double loss, Double tau, float score, double[] margins, List<Double> all) {}

  private static final ObjectMapper JSON = FiniteJson.mapper();

  private static Numbers of(double number) {
    return new Numbers(
        number, number, (float) number, new double[] {1, number}, List.of(number, 2.5));
  }

  @Test
  void numbersThatAreNotFiniteAreNull() throws IOException {
    String nothing =
        "{\"loss\":null,\"tau\":null,\"score\":null,\"margins\":[1.0,null],\"all\":[null,2.5]}";
    assertThat(JSON.writeValueAsString(of(Double.NaN))).isEqualTo(nothing);
    assertThat(JSON.writeValueAsString(of(Double.NEGATIVE_INFINITY))).isEqualTo(nothing);
    assertThat(JSON.writeValueAsString(JSON.valueToTree(of(Double.NaN)))).isEqualTo(nothing);
    assertThat(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(of(Double.NaN)))
        .contains("\"loss\" : null");
  }

  @Test
  void othersAreAsEver() throws IOException {
    assertThat(JSON.writeValueAsString(of(-0.1)))
        .isEqualTo(new ObjectMapper().writeValueAsString(of(-0.1)));
  }
}
