package org.rlhf4j.studio;

import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.concurrent.CountDownLatch;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.studio.store.Store;
import org.rlhf4j.studio.store.StoreAddress;
import org.rlhf4j.studio.store.StoreLock;
import org.rlhf4j.studio.web.StudioServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The studio while it runs. */
public final class Studio implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Studio.class);

  /** Runs that are read before anybody asks. */
  private static final int READ_AHEAD = 50;

  private final StudioServer server;
  private final Store store;
  private final StoreLock lock;
  private final CountDownLatch closed = new CountDownLatch(1);

  private Studio(StudioServer server, Store store, StoreLock lock) {
    this.server = server;
    this.store = store;
    this.lock = lock;
  }

  /**
   * Starts the studio.
   *
   * @param settings where it listens and what it shows
   * @return the running studio
   * @throws UserException if it can't listen there, or the store can't be opened
   */
  public static Studio start(StudioSettings settings) {
    StoreLock lock = StoreLock.take(StoreAddress.of(settings.data()));
    Store store = null;
    try {
      store = Store.open(settings.data());
      WatchedRuns runs = new WatchedRuns(settings.runs());
      StudioServer server = serve(settings, runs, new Labels(store, Clock.systemUTC()));
      readAhead(runs);
      return new Studio(server, store, lock);
    } catch (RuntimeException e) {
      if (store != null) {
        store.close();
      }
      lock.close();
      throw e;
    }
  }

  private static StudioServer serve(StudioSettings settings, WatchedRuns runs, Labels labels) {
    return StudioServer.start(
        new StudioServer.Listening(settings.host(), settings.port(), settings.proxy()),
        runs,
        labels);
  }

  private static void readAhead(WatchedRuns runs) {
    Thread reader =
        new Thread(
            () -> {
              try {
                runs.readAhead(READ_AHEAD);
              } catch (IOException e) {
                LOG.debug("runs aren't read ahead: {}", e.toString());
              }
            },
            "studio-read-ahead");
    reader.setDaemon(true);
    reader.start();
  }

  /** The address to open in a browser. */
  public URI address() {
    return server.address();
  }

  /** Waits until the studio is closed. */
  public void join() throws InterruptedException {
    closed.await();
  }

  @Override
  public void close() {
    server.close();
    store.close();
    lock.close();
    closed.countDown();
  }
}
