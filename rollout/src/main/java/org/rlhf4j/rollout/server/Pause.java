package org.rlhf4j.rollout.server;

import java.time.Duration;

/** Lets time pass before something is tried again. */
@FunctionalInterface
interface Pause {
  /** Sleeps. */
  Pause SLEEP = wait -> Thread.sleep(wait.toMillis());

  /**
   * Waits.
   *
   * @param wait how long
   */
  void pause(Duration wait) throws InterruptedException;
}
