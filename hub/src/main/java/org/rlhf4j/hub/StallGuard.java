package org.rlhf4j.hub;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Closes a stream from which next to nothing comes any more; HttpClient would wait for ever. */
final class StallGuard implements AutoCloseable {

  /** The bytes of a stream that isn't stalled; some servers drip one every few seconds. */
  static final int LEAST = 1024;

  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "hub-stall-guard");
            thread.setDaemon(true);
            return thread;
          });

  private final InputStream stream;
  private final ScheduledFuture<?> checks;
  private final AtomicLong received = new AtomicLong(LEAST);

  /**
   * Watches a stream.
   *
   * @param stream what is read
   * @param patience it is closed when less than {@link #LEAST} came in one of these
   */
  StallGuard(InputStream stream, Duration patience) {
    this.stream = stream;
    this.checks =
        CLOCK.scheduleWithFixedDelay(
            this::check, patience.toMillis(), patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** So many bytes came. */
  void received(int bytes) {
    received.addAndGet(bytes);
  }

  private void check() {
    if (received.getAndSet(0) < LEAST) {
      try {
        stream.close();
      } catch (IOException e) {
        // whoever reads finds out
      }
    }
  }

  @Override
  public void close() {
    checks.cancel(false);
  }
}
