package org.rlhf4j.rollout.kl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KlControllerTest {

  @ParameterizedTest
  @CsvSource({
    // 6.6 / 6 − 1 = 0.1:          0.1 · (1 + 0.1 · 64 / 10000)
    "6.6, 0.100064",
    // 5.4 / 6 − 1 = −0.1:         0.1 · (1 − 0.1 · 64 / 10000)
    "5.4, 0.099936",
    // 9 / 6 − 1 = 0.5, cut to 0.2: 0.1 · (1 + 0.2 · 64 / 10000)
    "9, 0.100128",
    // −1 / 6 − 1, cut to −0.2:     0.1 · (1 − 0.2 · 64 / 10000)
    "-1, 0.099872",
    "6, 0.1"
  })
  void handWorked(double kl, double expected) {
    KlController controller = new KlController(0.1, 6.0, 10000);
    controller.update(kl, 64);
    assertThat(controller.coefficient()).isCloseTo(expected, within(1e-12));
  }

  @Test
  void stepsCompound() {
    KlController controller = new KlController(0.1, 6.0, 100);
    controller.update(12, 10);
    controller.update(3, 20);
    // 0.1 · (1 + 0.2 · 10 / 100) · (1 − 0.2 · 20 / 100) = 0.1 · 1.02 · 0.96
    assertThat(controller.coefficient()).isCloseTo(0.09792, within(1e-12));
  }

  @Test
  void aRestartedOneIsWhereItBegan() {
    KlController controller = new KlController(0.1, 6.0, 100);
    controller.update(12, 10);
    controller.restart();
    assertThat(controller.coefficient()).isEqualTo(0.1);
  }

  @Test
  void withoutTargetItIsFixed() {
    KlController controller = new KlController(0.05, null, 10000);
    controller.update(1000, 64);
    assertThat(controller.coefficient()).isEqualTo(0.05);
  }

  @Test
  void aRestoredOneGoesOnToTheSameBits() {
    KlController whole = new KlController(0.05, 0.7, 33);
    KlController resumed = new KlController(0.05, 0.7, 33);
    whole.update(0.81, 7);
    resumed.restore(whole.coefficient());
    whole.update(0.66, 7);
    resumed.update(0.66, 7);
    assertThat(resumed.coefficient()).isEqualTo(whole.coefficient());
  }
}
