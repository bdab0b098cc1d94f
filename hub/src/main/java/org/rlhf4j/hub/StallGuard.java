package org.rlhf4j.hub;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Closes a stream from which nothing comes any more; HttpClient would wait for ever. */
final class StallGuard implements AutoCloseable {

  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "hub-stall-guard");
            thread.setDaemon(true);
            return thread;
          });

  private final InputStream stream;
  private final ScheduledFuture<?> checks;
  private volatile boolean moved = true;

  /**
   * Watches a stream.
   *
   * @param stream what is read
   * @param patience it is closed when nothing came for between one and two of these
   */
  StallGuard(InputStream stream, Duration patience) {
    this.stream = stream;
    this.checks =
        CLOCK.scheduleWithFixedDelay(
            this::check, patience.toMillis(), patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Something came. */
  void moved() {
    moved = true;
  }

  private void check() {
    if (!moved) {
      try {
        stream.close();
      } catch (IOException e) {
        // whoever reads finds out
      }
    }
    moved = false;
  }

  @Override
  public void close() {
    checks.cancel(false);
  }
}
