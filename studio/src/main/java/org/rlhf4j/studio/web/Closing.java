package org.rlhf4j.studio.web;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Tells those who wait that the studio closes. */
final class Closing {

  private final CountDownLatch closed = new CountDownLatch(1);

  void close() {
    closed.countDown();
  }

  boolean isClosed() {
    return closed.getCount() == 0;
  }

  /** Waits so long, or until the studio closes. */
  void await(Duration time) {
    try {
      if (closed.await(time.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close();
    }
  }
}
