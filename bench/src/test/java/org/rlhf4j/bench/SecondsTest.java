package org.rlhf4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SecondsTest {

  @Test
  void medianIsTheMiddleOrTheMeanOfTheTwo() {
    assertThat(new Seconds(3, 9, 1).median()).isEqualTo(3);
    // Sorted 1, 2, 4, 9: (2 + 4) / 2 = 3.
    assertThat(new Seconds(9, 2, 1, 4).median()).isEqualTo(3);
    assertThat(new Seconds(9, 2, 4).best()).isEqualTo(2);
  }

  @Test
  void warmUpRunsArentCounted() {
    AtomicInteger runs = new AtomicInteger();
    Seconds seconds = Seconds.of(2, 3, runs::incrementAndGet);
    assertThat(runs).hasValue(5);
    assertThat(seconds.all()).hasSize(3);
  }
}
