package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TokenRewardsTest {

  @Test
  void handWorked() {
    // −0.5 · 0.2, −0.5 · −0.4, −0.5 · 0.6 + 1.5
    assertThat(TokenRewards.of(new double[] {0.2, -0.4, 0.6}, 0.5, 1.5))
        .containsExactly(new double[] {-0.1, 0.2, 1.2}, within(1e-12));
  }

  @Test
  void theScoreLandsOnTheLastTokenAlone() {
    assertThat(TokenRewards.of(new double[] {3, 4}, 0, -2)).containsExactly(-0.0, -2);
    assertThat(TokenRewards.of(new double[] {3}, 0.1, 1))
        .containsExactly(new double[] {0.7}, within(1e-12));
  }
}
