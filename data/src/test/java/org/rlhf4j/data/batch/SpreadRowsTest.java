package org.rlhf4j.data.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadRowsTest {

  @Test
  void rowsAreTakenAtEqualDistances() {
    // 0, 10/4 = 2, 20/4 = 5, 30/4 = 7
    assertThat(SpreadRows.of(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), 4)).containsExactly(0, 2, 5, 7);
    assertThat(SpreadRows.of(List.of(0, 1), 4)).containsExactly(0, 1);
    assertThat(SpreadRows.of(List.of(), 4)).isEmpty();
  }
}
