package org.rlhf4j.studio;

import java.io.IOException;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.studio.web.StudioServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The studio while it runs. */
public final class Studio implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Studio.class);

  /** Runs that are read before anybody asks. */
  private static final int READ_AHEAD = 50;

  private final StudioServer server;
  private final CountDownLatch closed = new CountDownLatch(1);

  private Studio(StudioServer server) {
    this.server = server;
  }

  /**
   * Starts the studio.
   *
   * @param settings where it listens and what it shows
   * @return the running studio
   * @throws UserException if it can't listen there
   */
  public static Studio start(StudioSettings settings) {
    WatchedRuns runs = new WatchedRuns(settings.runs());
    readAhead(runs);
    return new Studio(
        StudioServer.start(
            new StudioServer.Listening(settings.host(), settings.port(), settings.proxy()), runs));
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
    closed.countDown();
  }
}
