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
import org.rlhf4j.studio.choice.Choices;
import org.rlhf4j.studio.circle.Circles;
import org.rlhf4j.studio.circle.ItemScores;
import org.rlhf4j.studio.circle.RewardModels;
import org.rlhf4j.studio.circle.Scoring;
import org.rlhf4j.studio.label.KeptPrompts;
import org.rlhf4j.studio.label.Labels;
import org.rlhf4j.studio.runs.WatchedRuns;
import org.rlhf4j.studio.store.Store;
import org.rlhf4j.studio.store.StoreAddress;
import org.rlhf4j.studio.store.StoreLock;
import org.rlhf4j.studio.talk.Replies;
import org.rlhf4j.studio.train.Memory;
import org.rlhf4j.studio.train.PipelineChoice;
import org.rlhf4j.studio.train.RlhfCommand;
import org.rlhf4j.studio.train.Trainings;
import org.rlhf4j.studio.web.CircleParts;
import org.rlhf4j.studio.web.StudioServer;
import org.rlhf4j.studio.web.TrainingDefaults;
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
  private final CircleParts circle;
  private final StoreLock lock;
  private final CountDownLatch closed = new CountDownLatch(1);

  private Studio(
      StudioServer server,
      Store store,
      Optional<Replies> replies,
      CircleParts circle,
      StoreLock lock) {
    this.server = server;
    this.store = store;
    this.replies = replies;
    this.circle = circle;
    this.lock = lock;
  }

  /**
   * Starts the studio.
   *
   * @param settings where it listens and what it shows
   * @param command how {@code rlhf} is started, for trainings
   * @return the running studio
   * @throws UserException if it can't listen there, or the store can't be opened
   */
  public static Studio start(StudioSettings settings, RlhfCommand command) {
    StoreLock lock = StoreLock.take(StoreAddress.of(settings.data()));
    Store store = null;
    Optional<Replies> replies = Optional.empty();
    try {
      store = Store.open(settings.data());
      requireAdmin(settings, store);
      replies = replies(settings);
      WatchedRuns runs = new WatchedRuns(settings.runs());
      Labels labels = new Labels(store, Clock.systemUTC(), settings.annotator());
      CircleParts circle = circle(settings, store, replies, command);
      StudioServer server = serve(settings, runs, labels, replies, circle);
      readAhead(runs);
      circle.trainings().start();
      labels.projects().all().forEach(one -> circle.choices().resume(one, circle.models()));
      return new Studio(server, store, replies, circle, lock);
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
    SamplingSettings sampling =
        SamplingSettings.of(settings.maxNewTokens(), settings.temperature());
    return Optional.of(
        new Replies(
            () -> LanguageModel.load(settings.model(), settings.machine().format()),
            settings.model().toString(),
            settings.messageForm(),
            sampling,
            settings.machine().seed()));
  }

  private static StudioServer serve(
      StudioSettings settings,
      WatchedRuns runs,
      Labels labels,
      Optional<Replies> replies,
      CircleParts circle) {
    return StudioServer.start(settings.listening(), runs, labels, replies, Optional.of(circle));
  }

  private static CircleParts circle(
      StudioSettings settings, Store store, Optional<Replies> replies, RlhfCommand command) {
    RewardModels models = new RewardModels(store, Clock.systemUTC());
    settings.rewardModel().forEach(models::brought);
    ItemScores scores = new ItemScores(store);
    Scoring scoring = new Scoring(scores, settings.machine().format());
    Circles circles = new Circles(store, scores);
    KeptPrompts kept = new KeptPrompts(settings.training().keptShare());
    return new CircleParts(
        models,
        scoring,
        circles,
        new Choices(store, Clock.systemUTC(), scoring, circles, kept),
        trainings(settings, store, replies, command, models),
        new TrainingDefaults(
            Optional.ofNullable(settings.model()),
            replies.map(Replies::name).orElse(""),
            settings.training()));
  }

  private static Trainings trainings(
      StudioSettings settings,
      Store store,
      Optional<Replies> replies,
      RlhfCommand command,
      RewardModels models) {
    Trainings.Place place =
        new Trainings.Place(
            Trainings.machine(store.address()),
            settings.runs().toAbsolutePath().normalize().resolve("trained"),
            command,
            new KeptPrompts(settings.training().keptShare()),
            Memory.ofMachine(command),
            new PipelineChoice(settings.training().judgeData(), settings.machine()));
    return new Trainings(store, Clock.systemUTC(), place, models, replies);
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
    circle.trainings().close();
    circle.scoring().close();
    replies.ifPresent(Replies::close);
    store.close();
    lock.close();
    closed.countDown();
  }
}
