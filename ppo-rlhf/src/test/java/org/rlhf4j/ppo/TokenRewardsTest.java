package org.rlhf4j.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TokenRewardsTest {

  @Test
  void handWorked() {
    // −0.5 · 0.2, −0.5 · −0.4, −0.5 · 0.6 + 1.5
    assertThat(TokenRewards.of(new double[] {0.2, -0.4, 0.6}, 0.5, 1.5, null))
        .containsExactly(new double[] {-0.1, 0.2, 1.2}, within(1e-12));
  }

  /** −0.1 + 2; 0.2; −0.3 + 1 and what of −0.5 isn't 2 + 1: −3.5. */
  @Test
  void whatIsPaidAtATokenComesThere() {
    double[] kl = {0.2, -0.4, 0.6};
    double[] paid = {2, Double.NaN, 1};
    assertThat(TokenRewards.of(kl, 0.5, -0.5, paid))
        .containsExactly(new double[] {1.9, 0.2, -2.8}, within(1e-12));
  }

  @Test
  void theScoreLandsOnTheLastTokenAlone() {
    assertThat(TokenRewards.of(new double[] {3, 4}, 0, -2, null)).containsExactly(-0.0, -2);
    assertThat(TokenRewards.of(new double[] {3}, 0.1, 1, null))
        .containsExactly(new double[] {0.7}, within(1e-12));
  }
}
