package org.rlhf4j.studio.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlhf4j.studio.Hands;

class AttemptsTest {

  private final Hands clock = new Hands();
  private final Attempts attempts = new Attempts(clock);

  /** Five are free; after each further one the wait is twice as long, and 30 seconds at most. */
  @Test
  void eachAttemptWaitsTwiceAsLong() {
    List<Long> waits = new ArrayList<>();
    for (int i = 1; i <= 11; i++) {
      assertThat(attempts.begin("ada")).as("attempt " + i).isZero();
      if (i >= Attempts.FREE) {
        Duration wait = attempts.begin("Ada ");
        waits.add(wait.toSeconds());
        clock.move(wait);
      }
    }
    assertThat(waits).containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L);
  }

  @Test
  void manyAtOnceGainNothing() {
    long begun = 0;
    for (int i = 0; i < 100; i++) {
      begun += attempts.begin("ada").isZero() ? 1 : 0;
    }
    assertThat(begun).isEqualTo(Attempts.FREE);
    assertThat(attempts.begin("bob")).as("others aren't slowed down").isZero();
  }

  @Test
  void theRightPasswordEndsIt() {
    for (int i = 0; i < Attempts.FREE; i++) {
      attempts.begin("ada");
    }
    assertThat(attempts.begin("ada")).isPositive();
    attempts.succeeded("ADA");
    assertThat(attempts.begin("ada")).isZero();
  }

  /** A name longer than any account's doesn't count as another one. */
  @Test
  void longNamesAreCut() {
    String name = "a".repeat(64);
    for (int i = 0; i < Attempts.FREE; i++) {
      assertThat(attempts.begin(name + i)).isZero();
    }
    assertThat(attempts.begin(name + "x".repeat(10_000))).isPositive();
  }
}
