package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LearningRateScheduleTest {

  private static double[] rates(Schedule shape, double rate, int warmup, int steps, int shown) {
    LearningRateSchedule schedule = new LearningRateSchedule(shape, rate, warmup, steps);
    return IntStream.rangeClosed(1, shown).mapToDouble(schedule::at).toArray();
  }

  @Test
  void constantKeepsTheRate() {
    assertThat(rates(Schedule.CONSTANT, 0.5, 0, 3, 4)).containsExactly(0.5, 0.5, 0.5, 0.5);
  }

  @Test
  void warmupRisesFromZero() {
    // t / 4 for t = 0, 1, 2, 3, then 1
    assertThat(rates(Schedule.CONSTANT, 8, 4, 10, 6)).containsExactly(0, 2, 4, 6, 8, 8);
  }

  @Test
  void linearReachesZeroAfterTheLastStep() {
    // (4 - t) / 4 for t = 0, 1, 2, 3; then 0
    assertThat(rates(Schedule.LINEAR, 8, 0, 4, 6)).containsExactly(8, 6, 4, 2, 0, 0);
  }

  @Test
  void linearDecaysOverWhatTheWarmupLeaves() {
    // warm-up 0/2, 1/2; then (6 - t) / (6 - 2) for t = 2, 3, 4, 5
    assertThat(rates(Schedule.LINEAR, 8, 2, 6, 6)).containsExactly(0, 4, 8, 6, 4, 2);
  }

  @Test
  void cosineIsHalfAWave() {
    // ½ (1 + cos(π t / 4)): 1, ½ (1 + √½), ½, ½ (1 - √½); then 0
    double root = Math.sqrt(0.5);
    double[] expected = {1, (1 + root) / 2, 0.5, (1 - root) / 2, 0, 0};
    assertThat(rates(Schedule.COSINE, 1, 0, 4, 6)).containsExactly(expected, within(1e-15));
  }

  @Test
  void aWarmupAsLongAsTheRunNeverDividesByZero() {
    assertThat(rates(Schedule.LINEAR, 1, 2, 2, 3)).containsExactly(0, 0.5, 0);
    assertThat(rates(Schedule.COSINE, 1, 2, 2, 3)).containsExactly(0, 0.5, 1);
  }

  @Test
  void stepsCountFromOne() {
    LearningRateSchedule schedule = new LearningRateSchedule(Schedule.LINEAR, 1, 0, 2);
    assertThatThrownBy(() -> schedule.at(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({"-0.1, 0, 1", "NaN, 0, 1", "0.1, -1, 1", "0.1, 0, 0", "0.1, 0, -1"})
  void whatMakesNoScheduleIsRefused(double rate, int warmup, int steps) {
    assertThatThrownBy(() -> new LearningRateSchedule(Schedule.LINEAR, rate, warmup, steps))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("learning rate " + rate + ", warm-up " + warmup + ", steps " + steps);
  }

  @Test
  void aRateOfZeroAndASingleStepAreOnesToo() {
    assertThat(rates(Schedule.LINEAR, 0, 0, 1, 1)).containsExactly(0);
    // (1 - 0) / 1, then 0
    assertThat(rates(Schedule.LINEAR, 0.5, 0, 1, 2)).containsExactly(0.5, 0);
  }
}
