package org.rlhf4j.studio;

import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.sampling.SamplingSettings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.account.Accounts;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.studio.store.Store;
import org.rlhf4j.studio.store.StoreAddress;
import org.rlhf4j.studio.store.StoreLock;
import org.rlhf4j.studio.talk.Replies;
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
  private final Optional<Replies> replies;
  private final StoreLock lock;
  private final CountDownLatch closed = new CountDownLatch(1);

  private Studio(StudioServer server, Store store, Optional<Replies> replies, StoreLock lock) {
    this.server = server;
    this.store = store;
    this.replies = replies;
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
    Optional<Replies> replies = Optional.empty();
    try {
      store = Store.open(settings.data());
      requireAdmin(settings, store);
      replies = replies(settings);
      WatchedRuns runs = new WatchedRuns(settings.runs());
      StudioServer server =
          serve(
              settings, runs, new Labels(store, Clock.systemUTC(), settings.annotator()), replies);
      readAhead(runs);
      return new Studio(server, store, replies, lock);
    } catch (RuntimeException e) {
      if (store != null) {
        store.close();
      }
      replies.ifPresent(Replies::close);
      lock.close();
      throw e;
    }
  }

  private static Optional<Replies> replies(StudioSettings settings) {
    if (settings.model() == null) {
      return Optional.empty();
    }
    LanguageModel model = LanguageModel.load(settings.model(), settings.machine().format());
    SamplingSettings sampling =
        SamplingSettings.of(settings.maxNewTokens(), settings.temperature());
    return Optional.of(
        new Replies(
            model,
            settings.model().toString(),
            settings.messageForm(),
            sampling,
            settings.machine().seed()));
  }

  private static StudioServer serve(
      StudioSettings settings, WatchedRuns runs, Labels labels, Optional<Replies> replies) {
    return StudioServer.start(settings.listening(), runs, labels, replies);
  }

  private static void requireAdmin(StudioSettings settings, Store store) {
    if (settings.listening().isReachable() && !new Accounts(store, Clock.systemUTC()).hasAdmin()) {
      throw new UsageException(
          "others could reach this studio, and it has no admin; make one first with 'rlhf studio"
              + " user add --admin NAME --store "
              + store.address()
              + "'");
    }
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
    replies.ifPresent(Replies::close);
    store.close();
    lock.close();
    closed.countDown();
  }
}
