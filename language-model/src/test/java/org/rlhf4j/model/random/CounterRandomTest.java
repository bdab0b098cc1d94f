package org.rlhf4j.model.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CounterRandomTest {

  /** Numbers worked out apart: a release that draws others would change every run. */
  @Test
  void keepsItsNumbers() {
    CounterRandom random = new CounterRandom(1, 2, 3, 4);

    assertThat(random.bits(5)).isEqualTo(0xd50c921a0a470a20L);
    assertThat(random.bits(0)).isEqualTo(0x11851fd131c21302L);
    assertThat(random.uniform(0)).isEqualTo(0x11851fp-24f);
  }

  @Test
  void everyWordOfTheKeyAndItsPlaceMatter() {
    long bits = new CounterRandom(1, 2, 3, 4).bits(0);

    assertThat(new CounterRandom(1, 2, 3, 4).bits(0)).isEqualTo(bits);
    assertThat(new CounterRandom(2, 1, 3, 4).bits(0)).isNotEqualTo(bits);
    assertThat(new CounterRandom(1, 2, 3).bits(0)).isNotEqualTo(bits);
    assertThat(new CounterRandom(1, 2, 3, 4).bits(1)).isNotEqualTo(bits);
  }

  @Test
  void uniformsAreSpreadEvenly() {
    CounterRandom random = new CounterRandom(7);
    int[] tenths = new int[10];
    for (int i = 0; i < 100_000; i++) {
      float uniform = random.uniform(i);
      assertThat(uniform).isBetween(0f, Math.nextDown(1f));
      tenths[(int) (10 * uniform)]++;
    }
    for (int count : tenths) {
      assertThat(count).isCloseTo(10_000, within(400)); // 4 deviations of √9000
    }
  }

  @Test
  void normalsHaveMeanZeroAndVarianceOne() {
    CounterRandom random = new CounterRandom(8);
    double sum = 0;
    double squares = 0;
    double fourths = 0;
    int count = 100_000;
    for (int i = 0; i < count; i++) {
      double x = random.normal(i);
      sum += x;
      squares += x * x;
      fourths += x * x * x * x;
    }
    assertThat(sum / count).isCloseTo(0, within(0.013)); // 4 / √100000
    assertThat(squares / count).isCloseTo(1, within(0.018)); // 4 √(2 / 100000)
    assertThat(fourths / count).isCloseTo(3, within(0.13)); // 4 √(96 / 100000)
  }
}
