package org.rlhf4j.training;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.display.ProgressLine;
import org.rlhf4j.training.health.HealthWarning;
import org.rlhf4j.training.health.HealthWatch;
import org.rlhf4j.training.optimizer.NonFiniteException;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.Checkpoints;
import org.rlhf4j.training.run.Metrics;
import org.rlhf4j.training.run.MetricsLog;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.run.Sample;
import org.rlhf4j.training.run.StepLines;
import org.rlhf4j.training.tensorboard.EventFile;

/**
 * Runs a stage from its newest checkpoint, or from the start, to the end. In this order:
 *
 * <ol>
 *   <li>restore the newest sound checkpoint, and cut the logs back to its step;
 *   <li>for each further step: let the stage make it, evaluate where that is due, write its
 *       metrics, warn where they give reason to, show progress, write samples and the checkpoint;
 *       stop where patience has run out, the stage gives a reason to, or a {@link StopFlag} asks,
 *       also in a step that the stage can throw away;
 *   <li>go back to the best step where that is wanted, write the model and mark the run as
 *       finished.
 * </ol>
 *
 * A signal may end the process anywhere: all that is put under a final name is complete, so {@code
 * --resume} goes on from the newest checkpoint to the same numbers.
 */
public final class TrainingLoop {

  private final RunDirectory run;
  private final LoopSettings settings;
  private final EvaluationSettings evaluation;
  private final Stage stage;
  private final Display display;
  private final StopFlag stop;
  private final Optional<StepProfile> profile;

  /**
   * A loop that shows its progress on the standard error stream.
   *
   * @param run the open run directory
   * @param settings how often to write checkpoints, and how many to keep
   * @param stage what to run
   */
  public TrainingLoop(RunDirectory run, LoopSettings settings, Stage stage) {
    this(run, settings, stage, Display.stderr());
  }

  /**
   * A loop that shows its progress elsewhere.
   *
   * @param run the open run directory
   * @param settings how often to write checkpoints, and how many to keep
   * @param stage what to run
   * @param display where to show progress
   */
  public TrainingLoop(RunDirectory run, LoopSettings settings, Stage stage, Display display) {
    this(run, settings, EvaluationSettings.AT_CHECKPOINTS, stage, display);
  }

  /**
   * A loop of a stage that is evaluated on held-out rows.
   *
   * @param run the open run directory
   * @param settings how often to write checkpoints, and how many to keep
   * @param evaluation when to evaluate, and what follows from it
   * @param stage what to run
   * @param display where to show progress
   */
  public TrainingLoop(
      RunDirectory run,
      LoopSettings settings,
      EvaluationSettings evaluation,
      Stage stage,
      Display display) {
    this(run, settings, evaluation, stage, display, new StopFlag());
  }

  /**
   * A loop that can be asked to stop.
   *
   * @param run the open run directory
   * @param settings how often to write checkpoints, and how many to keep
   * @param evaluation when to evaluate, and what follows from it
   * @param stage what to run
   * @param display where to show progress
   * @param stop looked at between steps, and in them by stages that can; so is the run's own
   *     request file
   */
  public TrainingLoop(
      RunDirectory run,
      LoopSettings settings,
      EvaluationSettings evaluation,
      Stage stage,
      Display display,
      StopFlag stop) {
    this.run = run;
    this.settings = settings;
    this.evaluation = evaluation;
    this.stage = stage;
    this.display = display;
    this.stop = stop.with(run.stopRequest());
    this.profile = settings.profile() ? Optional.of(new StepProfile()) : Optional.empty();
  }

  /**
   * Whether there is nothing left to do, which it says then. A command asks this before it loads
   * anything.
   *
   * @param run the open run directory
   * @param display where to say so
   * @return whether the run is finished
   * @throws IOException when the run directory can't be read
   */
  public static boolean isFinished(RunDirectory run, Display display) throws IOException {
    OptionalInt finished = run.finishedStep();
    finished.ifPresent(
        step ->
            display.stream()
                .println(run.folder() + ": finished at step " + step + ", nothing to do"));
    return finished.isPresent();
  }

  /**
   * Runs the stage to its end.
   *
   * @throws IOException when the run directory can't be read or written
   * @throws NonFiniteException when a step wasn't finite; its batch is saved
   * @throws StoppedException when it was asked to stop; the steps so far are in a checkpoint
   */
  public void run() throws IOException {
    if (isFinished(run, display)) {
      return;
    }
    try (StopFlag.Watch watch = stop.watch()) {
      runToEnd();
    }
  }

  private void runToEnd() throws IOException {
    Checkpoints checkpoints = new Checkpoints(run.checkpoints(), settings.keepCheckpoints());
    int done = restore(checkpoints);
    stage.plan().ifPresent(plan -> plan.lines().forEach(display.stream()::println));
    StepLines.cutBack(run.samples(), done == 0 ? -1 : done);
    StepLines.cutBack(run.rollouts(), done);
    BestEvaluation best = new BestEvaluation(stage.goal());
    End end;
    try {
      end = train(done, checkpoints, best);
    } finally {
      profile.ifPresent(all -> all.show(display.stream()));
    }
    end.early().ifPresent(why -> say("stopped after step %d: %s", end.step(), why));
    if (evaluation.keepBest()) {
      goBackToBest(end.step(), best, checkpoints);
    }
    requireFinite(end.step());
    stage.saveModel(run);
    run.markFinished(end.step());
  }

  /**
   * Where the steps end.
   *
   * @param step the last one
   * @param early why, where more were planned
   */
  private record End(int step, Optional<String> early) {}

  /** Makes the steps after those that are done. */
  private End train(int done, Checkpoints checkpoints, BestEvaluation best) throws IOException {
    int last = done;
    try (MetricsLog log = new MetricsLog(run.metrics(), done);
        EventFile events = new EventFile(run.tensorboard(), done, System::currentTimeMillis);
        ProgressLine progress =
            new ProgressLine(stage.name(), done, stage.steps(), stage.shownMetrics(), display)) {
      HealthWatch health = new HealthWatch(stage.checks(), stage.precision());
      SortedMap<Integer, Metrics> made = MetricsLog.read(run.metrics());
      health.addAll(made);
      best.addAll(made);
      Metrics metrics = made.getOrDefault(done, new Metrics());
      if (done == 0) {
        writeSamples(0);
      }
      try {
        while (last < stage.steps() && reasonToStop(metrics, best).isEmpty()) {
          stop.throwIfAsked();
          metrics = measuredStep(last + 1);
          int step = ++last;
          log.append(step, metrics);
          events.append(step, metrics);
          health.add(step, metrics).stream().map(HealthWarning::line).forEach(progress::warn);
          best.add(step, metrics);
          progress.update(step, metrics);
          if (isEvaluation(step, metrics)) {
            writeSamples(step);
          }
          if (isCheckpoint(step, metrics) || isBestToKeep(step, best)) {
            log.sync();
            save(step, checkpoints, best);
          }
        }
      } catch (StoppedException e) { // between two steps, or in the one after the last that is made
        saveLast(last, log, checkpoints, best);
        stop.honour();
        throw new StoppedException(run.folder(), e.by());
      }
      return new End(last, last < stage.steps() ? reasonToStop(metrics, best) : Optional.empty());
    }
  }

  /** Writes the checkpoint of the last finished step before the run stops, if there isn't one. */
  private void saveLast(int step, MetricsLog log, Checkpoints checkpoints, BestEvaluation best)
      throws IOException {
    if (step > 0 && !checkpoints.has(step)) {
      requireFinite(step);
      log.sync();
      save(step, checkpoints, best);
    }
  }

  private void save(int step, Checkpoints checkpoints, BestEvaluation best) throws IOException {
    if (evaluation.keepBest()) {
      best.step().ifPresent(checkpoints::spare);
    }
    checkpoints.save(new Checkpoints.State(step, stage.counters()), stage::saveCheckpoint);
  }

  /** Why no further step is made. */
  private Optional<String> reasonToStop(Metrics metrics, BestEvaluation best) {
    boolean isOutOfPatience =
        evaluation.patience() != null && best.since() >= evaluation.patience();
    return isOutOfPatience
        ? Optional.of(
            String.format(
                Locale.ROOT, "no %s in %d evaluations", stage.goal().better(), best.since()))
        : stage.reasonToStop(metrics);
  }

  private boolean isBestToKeep(int step, BestEvaluation best) {
    return evaluation.keepBest() && best.step().orElse(0) == step;
  }

  /** Makes the stage what it was after its best step, and its evaluation that one's. */
  private void goBackToBest(int last, BestEvaluation evaluations, Checkpoints checkpoints)
      throws IOException {
    HeldOutGoal goal = stage.goal();
    if (evaluations.step().isEmpty()) {
      say("%s, so the model is that of the last step, %d", goal.noBest(), last);
      return;
    }
    int best = evaluations.step().getAsInt();
    say(
        "the model is that of step %d of %d, %s %.4f",
        best, last, goal.name(), evaluations.value());
    if (best == last) {
      return;
    }
    Optional<Checkpoints.Checkpoint> checkpoint = checkpoints.at(best);
    if (checkpoint.isEmpty()) {
      throw new UserException(
          run.checkpoints()
              + ": the checkpoint of step "
              + best
              + ", which is the best, is gone; --resume with --keep-best false uses the last step");
    }
    stage.loadCheckpoint(checkpoint.get().folder());
    stage.evaluate(best);
  }

  private void say(String format, Object... values) {
    display.stream().println(stage.name() + ": " + String.format(Locale.ROOT, format, values));
  }

  private int restore(Checkpoints checkpoints) throws IOException {
    Optional<Checkpoints.Checkpoint> newest = checkpoints.newestSound(display.warnings()::println);
    if (newest.isEmpty()) {
      if (run.resume()) {
        display.stream().println(run.folder() + ": no checkpoint to resume, starting at step 1");
      }
      return 0;
    }
    Checkpoints.State state = newest.get().state();
    stage.loadCheckpoint(newest.get().folder());
    stage.restoreCounters(state.counters());
    display.stream().println(run.folder() + ": resuming after step " + state.step());
    return state.step();
  }

  private Metrics measuredStep(int step) throws IOException {
    profile.ifPresent(StepProfile::begin);
    long start = display.nanoTime().getAsLong();
    Metrics metrics = stepOrSavedBatch(step);
    double seconds = (display.nanoTime().getAsLong() - start) / 1e9;
    profile.ifPresent(all -> metrics.putAll(all.end(seconds)));
    if (isEvaluation(step, metrics) || isCheckpoint(step, metrics)) {
      requireFinite(step);
    }
    if (isEvaluation(step, metrics)) {
      metrics.putAll(stage.evaluate(step));
    }
    return metrics.put("step_seconds", seconds);
  }

  private Metrics stepOrSavedBatch(int step) throws IOException {
    try {
      return stage.step(step, stop);
    } catch (NonFiniteException e) {
      AtomicFiles.deleteFolder(run.failedBatch());
      stage.saveFailedBatch(run.failedBatch());
      String saved =
          Files.exists(run.failedBatch()) ? "; its batch is in " + run.failedBatch() : "";
      throw new NonFiniteException("step " + step + ": " + e.getMessage() + saved);
    }
  }

  private void requireFinite(int step) {
    try {
      stage.requireFinite();
    } catch (NonFiniteException e) {
      throw new NonFiniteException("step " + step + ": " + e.getMessage());
    }
  }

  private void writeSamples(int step) throws IOException {
    List<Sample> samples = stage.samples();
    if (samples.isEmpty()) {
      return;
    }
    try (StepLines lines = new StepLines(run.samples())) {
      for (Sample sample : samples) {
        lines.append(sample.line(step));
      }
      lines.sync();
    }
  }

  private boolean isEvaluation(int step, Metrics metrics) {
    int every =
        evaluation.evalEvery() == null ? settings.checkpointEvery() : evaluation.evalEvery();
    return isLast(step, metrics) || step % every == 0;
  }

  private boolean isCheckpoint(int step, Metrics metrics) {
    return isLast(step, metrics) || step % settings.checkpointEvery() == 0;
  }

  private boolean isLast(int step, Metrics metrics) {
    return step == stage.steps() || stage.reasonToStop(metrics).isPresent();
  }
}
