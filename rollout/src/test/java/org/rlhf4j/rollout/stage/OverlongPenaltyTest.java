package org.rlhf4j.rollout.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class OverlongPenaltyTest {

  /** DAPO's: 16,384 tokens are free, the 4,096 beyond them cost 0 to 1 (equation 13). */
  @Test
  void handWorked() {
    OverlongPenalty penalty = new OverlongPenalty(1, 16384, 4096);
    assertThat(penalty.of(1)).isZero();
    assertThat(penalty.of(16384)).isZero();
    // (16,385 − 16,384) / 4,096, (18,432 − 16,384) / 4,096
    assertThat(penalty.of(16385)).isCloseTo(0.000244140625, within(1e-12));
    assertThat(penalty.of(18432)).isCloseTo(0.5, within(1e-12));
    assertThat(penalty.of(20480)).isEqualTo(1);
    assertThat(penalty.of(30000)).isEqualTo(1);
  }

  @Test
  void itsWeightScalesIt() {
    assertThat(new OverlongPenalty(3, 8, 2).of(9)).isCloseTo(1.5, within(1e-12));
    assertThat(new OverlongPenalty(0, 8, 2).of(10)).isZero();
  }
}
