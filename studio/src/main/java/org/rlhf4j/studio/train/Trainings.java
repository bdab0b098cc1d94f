package org.rlhf4j.studio.train;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.circle.RewardModel;
import org.rlhf4j.studio.circle.RewardModels;
import org.rlhf4j.studio.label.KeptPrompts;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;
import org.rlhf4j.studio.store.StoreAddress;
import org.rlhf4j.studio.talk.Replies;
import org.rlhf4j.studio.train.Training.State;
import org.rlhf4j.training.RunPlan;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The trainings of this machine, one after the other. Each is a process of its own that goes on
 * when the studio ends. What the store says of them is set right by looking at their processes and
 * folders, again and again, so a studio that starts anew goes on where the last one was.
 */
public final class Trainings implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Trainings.class);
  private static final long PAUSE_MILLIS = 250;
  private static final String LET_GO =
      "the model is let go while a reward model is trained, which needs the memory; it comes back"
          + " when the training has ended";

  /**
   * What trainings need to know.
   *
   * @param machine the name of this machine
   * @param folder where their folders are made
   * @param command how {@code rlhf} is started
   * @param keptPrompts whose labels are kept back
   * @param memory what they take, and what there is
   * @param pipeline what their pipeline files say beside the recipe
   */
  public record Place(
      String machine,
      Path folder,
      RlhfCommand command,
      KeptPrompts keptPrompts,
      Memory memory,
      PipelineChoice pipeline) {}

  private final Store store;
  private final Place place;
  private final TrainingRecords records;
  private final RewardModels models;
  private final Optional<Replies> talk;
  private final Set<Long> toStop = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService watcher;
  private ScheduledFuture<?> looking; // null until it begins
  private String fault; // that was told last
  private Training taken; // which is about to be started; null if none is
  private boolean isLetGo; // whether the model to talk with is away for a training

  /**
   * The trainings of a store.
   *
   * @param store where they are kept
   * @param clock what time it is
   * @param place where and how they run
   * @param models gets the models that they leave
   * @param talk a model that may be let go for them, if there is one
   */
  public Trainings(
      Store store, Clock clock, Place place, RewardModels models, Optional<Replies> talk) {
    this.store = store;
    this.place = place;
    this.models = models;
    this.talk = talk;
    records = new TrainingRecords(store, clock);
    watcher =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "studio-trainings");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * What this machine is called in a store. A folder has one studio, wherever it is; those that
   * share a database tell themselves apart by their machines.
   */
  public static String machine(StoreAddress store) {
    if (!store.isPostgresql()) {
      return "";
    }
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unnamed";
    }
  }

  /** Begins to look after them. */
  public void start() {
    looking = watcher.scheduleWithFixedDelay(this::look, 0, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
  }

  /**
   * Asks for a training on the labels as they are at this moment. It begins when no other runs.
   *
   * @param project whose labels
   * @param recipe how it goes
   * @param base the reward model that it starts from; empty if it is another model
   * @return the training, which waits
   * @throws UserException if there is nothing to learn from, or the folder can't be written
   */
  public Training ask(Project project, Recipe recipe, Optional<RewardModel> base) {
    Snapshot snapshot = Snapshot.write(store, project, place.folder(), place.keptPrompts());
    snapshot.writePipeline(
        project, recipe, place.pipeline().judgeData(), place.pipeline().machine());
    return records.add(
        project, place.machine(), recipe, snapshot, base.map(RewardModel::training).orElse(null));
  }

  /** Those of a project, the newest first. */
  public List<Training> of(Project project) {
    return records.of(project);
  }

  /** The last lines of what a training said. */
  public List<String> log(Training training) throws IOException {
    return TrainingProcess.lines(training);
  }

  /** The last step of a training with its metrics, if it has made one. */
  public Optional<JsonNode> lastStep(Training training) throws IOException {
    return TrainingProcess.lastStep(training);
  }

  /** Those that run or wait on this machine, of whatever project, in their order. */
  public List<Training> queue() {
    List<Training> running = records.in(State.RUNNING, place.machine());
    List<Training> waiting = records.in(State.WAITING, place.machine());
    return Stream.concat(running.stream(), waiting.stream()).toList();
  }

  /** The project of a training. */
  public String projectName(Training training) {
    return records.projectName(training);
  }

  /**
   * Stops a training in its step or after it, and keeps its finished steps; one that waits leaves
   * the queue.
   *
   * @throws UserException if it has ended, or runs on another machine
   */
  public void stop(Training training) {
    requireHere(training);
    if (training.state() == State.WAITING && records.move(training, State.WITHDRAWN, "")) {
      return;
    }
    if (records.again(training).state() != State.RUNNING) {
      throw new UserException(training.name() + ": it has ended; there is nothing to stop");
    }
    toStop.add(training.id());
  }

  /**
   * Puts a training that was stopped, failed or was refused into the queue again. It goes on from
   * its newest checkpoint.
   *
   * @throws UserException if it hasn't ended so, or was on another machine
   */
  public void resume(Training training) {
    requireHere(training);
    toStop.remove(training.id());
    if (!training.state().isResumable() || !records.move(training, State.WAITING, "")) {
      throw new UserException(training.name() + ": there is nothing to resume");
    }
  }

  private void requireHere(Training training) {
    if (!training.machine().equals(place.machine())) {
      throw new UserException(
          "%s: it is on %s; use the studio there".formatted(training.name(), training.machine()));
    }
  }

  /** Sets right what the store says, and begins the next training if none runs. */
  void look() {
    try {
      putBack();
      List<Training> running = records.in(State.RUNNING, place.machine());
      for (Training training : running) {
        watch(training);
      }
      if (running.isEmpty()) {
        bringBack();
        if (!records.in(State.WAITING, place.machine()).isEmpty()) {
          records.begin(place.machine(), ProcessMark.ofThis()).ifPresent(this::begin);
        }
      }
      fault = null;
    } catch (IOException | RuntimeException e) {
      if (!e.toString().equals(fault)) { // it is looked again in a moment
        LOG.error("trainings can't be looked after: {}", e.toString(), e);
        fault = e.toString();
      }
    }
  }

  /** One that couldn't be started, nor be said so of, waits again. */
  private void putBack() {
    if (taken != null) {
      records.move(taken, State.WAITING, "");
      taken = null;
    }
  }

  private void bringBack() {
    if (isLetGo) {
      talk.ifPresent(Replies::comeBack);
      isLetGo = false;
    }
  }

  private void watch(Training training) throws IOException {
    if (TrainingProcess.isPlanned(training)) {
      return; // by this studio, or by another one that shares the store
    }
    if (training.process() == null && !TrainingProcess.isAlive(training)) {
      records.move(training, State.WAITING, ""); // its studio ended before it could start it
    } else if (!TrainingProcess.isAlive(training)) {
      end(training, TrainingProcess.end(training));
    } else if (toStop.contains(training.id())) {
      TrainingProcess.stop(training);
    }
  }

  private void end(Training training, TrainingProcess.End end) throws IOException {
    toStop.remove(training.id());
    try {
      if (end.state() == State.FINISHED) {
        TrainingProcess.judged(training).ifPresent(figures -> records.keep(training, figures));
        models.trained(training.project(), training.id(), training.name(), training.run());
      }
      records.move(training, end.state(), end.said());
    } catch (UserException e) {
      records.move(training, State.FAILED, e.getMessage());
    }
  }

  private void begin(Training training) {
    taken = training;
    try {
      Optional<String> refusal = refusal(training);
      if (refusal.isPresent()) {
        records.move(training, State.REFUSED, refusal.get());
      } else {
        start(training);
      }
    } catch (IOException | UncheckedIOException e) {
      records.move(training, State.FAILED, "it can't be started: " + e.getMessage());
    } catch (UserException e) {
      records.move(training, State.FAILED, e.getMessage());
    }
    taken = null;
  }

  private void start(Training training) throws IOException {
    Files.writeString(
        training.log(),
        "rlhf run %s --output %s%n".formatted(training.pipeline(), training.folder()),
        StandardCharsets.UTF_8,
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
    records.keep(training, TrainingProcess.start(place.command(), training));
  }

  /** Why it can't begin; the model to talk with is let go if that is enough. */
  private Optional<String> refusal(Training training) throws IOException {
    long planned = place.memory().planned(training);
    if (planned > place.memory().free()) {
      talk.ifPresent(replies -> replies.letGo(LET_GO));
      isLetGo = true;
    }
    long free = place.memory().free();
    return planned <= free
        ? Optional.empty()
        : Optional.of(
            "it would take %s of memory, and %s are free; end other programs, or start from a"
                    .formatted(RunPlan.size(planned), RunPlan.size(free))
                + " smaller model");
  }

  @Override
  public void close() {
    if (looking != null) {
      looking.cancel(false);
    }
    watcher.shutdown();
    try {
      watcher.awaitTermination(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
