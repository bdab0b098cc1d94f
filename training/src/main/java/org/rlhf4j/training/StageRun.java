package org.rlhf4j.training;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.display.ProgressListener;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.run.RunSettings;

/** A run of a stage: its open folder, where it is shown, and what is done once it is ready. */
public final class StageRun {

  /** What is done with a stage that is ready to begin: it is trained, or only planned. */
  @FunctionalInterface
  public interface Work {

    /**
     * Does it.
     *
     * @param run the open run directory
     * @param loop how long the stage runs
     * @param evaluation when the stage is evaluated, and what follows from it
     * @param stage loaded, its rows read
     * @param display where to show progress
     * @throws IOException if the run directory can't be read or written
     */
    void on(
        RunDirectory run,
        LoopSettings loop,
        EvaluationSettings evaluation,
        Stage stage,
        Display display)
        throws IOException;
  }

  /** Held by the one stage that a process runs at a time; the engine has one backward pass. */
  private static final ReentrantLock RUNNING = new ReentrantLock(true);

  private final RunDirectory directory;
  private final Display display;
  private final Work work;

  private StageRun(RunDirectory directory, Display display, Work work) {
    this.directory = directory;
    this.display = display;
    this.work = work;
  }

  /**
   * Trains a stage, from its newest checkpoint if its configuration says that it goes on. Progress
   * is shown on the error stream.
   *
   * @param type the stage
   * @param config its configuration
   * @throws IOException if the run directory can't be read or written
   */
  public static <C extends Record> void train(StageType<C> type, C config) throws IOException {
    train(type, config, new StopFlag());
  }

  /**
   * Trains a stage as {@link #train(StageType, Record)} does, until it is asked to stop.
   *
   * @param type the stage
   * @param config its configuration
   * @param stop looked at between steps, and in them by stages that can
   * @throws StoppedException if it was asked to stop before its end
   * @throws IOException if the run directory can't be read or written
   */
  public static <C extends Record> void train(StageType<C> type, C config, StopFlag stop)
      throws IOException {
    open(type, config, Display.stderr(), training(stop));
  }

  /**
   * Trains a stage as {@link #train(StageType, Record)} does, and tells a listener what that would
   * show.
   *
   * @param type the stage
   * @param config its configuration
   * @param listener hears of its progress
   * @throws IOException if the run directory can't be read or written
   */
  public static <C extends Record> void train(
      StageType<C> type, C config, ProgressListener listener) throws IOException {
    train(type, config, listener, new StopFlag());
  }

  /**
   * Trains a stage and tells a listener, until it is asked to stop.
   *
   * @param type the stage
   * @param config its configuration
   * @param listener hears of its progress
   * @param stop looked at between steps, and in them by stages that can
   * @throws StoppedException if it was asked to stop before its end
   * @throws IOException if the run directory can't be read or written
   */
  public static <C extends Record> void train(
      StageType<C> type, C config, ProgressListener listener, StopFlag stop) throws IOException {
    open(type, config, Display.telling(listener), training(stop));
  }

  private static Work training(StopFlag stop) {
    return (run, loop, evaluation, stage, display) ->
        new TrainingLoop(run, loop, evaluation, stage, display, stop).run();
  }

  /**
   * Makes a stage ready and tells what it would do. It leaves no folder.
   *
   * @param type the stage
   * @param config its configuration
   * @return the plan's lines: rows, steps, memory, time
   * @throws IOException if a file can't be read
   */
  public static <C extends Record> List<String> plan(StageType<C> type, C config)
      throws IOException {
    return planned(type, config).lines();
  }

  /**
   * Makes a stage ready and tells what it would do, in numbers. It leaves no folder.
   *
   * @param type the stage
   * @param config its configuration
   * @return the plan
   * @throws IOException if a file can't be read
   */
  public static <C extends Record> RunPlan planned(StageType<C> type, C config) throws IOException {
    List<RunPlan> plan = new ArrayList<>();
    open(
        type,
        config,
        Display.stderr(),
        (run, loop, evaluation, stage, display) -> plan.add(stage.plan().orElseThrow()));
    return plan.get(0);
  }

  /**
   * Makes a stage ready and hands it on. If another thread of this process runs a stage, this one
   * says so and waits for its end.
   *
   * @param type the stage
   * @param config its configuration
   * @param display where to show what is said on the way
   * @param work what to do with the stage
   * @throws IOException if the run directory can't be read or written
   */
  public static <C extends Record> void open(
      StageType<C> type, C config, Display display, Work work) throws IOException {
    RunSettings settings = type.settings().group(config, RunSettings.class).orElseThrow();
    try (RunDirectory directory = settings.open()) {
      if (!TrainingLoop.isFinished(directory, display)) {
        C settled = RunPrecision.settled(type.settings(), config, directory);
        alone(
            directory,
            display,
            () -> type.start().start(settled, new StageRun(directory, display, work)));
      }
    }
  }

  private static void alone(RunDirectory directory, Display display, Running running)
      throws IOException {
    if (RUNNING.isHeldByCurrentThread()) {
      throw new IllegalStateException(
          directory.folder() + ": a stage can't be run by the listener of another one");
    }
    if (!RUNNING.tryLock()) {
      display.stream()
          .println(directory.folder() + ": waiting for the other stage that this process runs");
      RUNNING.lock();
    }
    try {
      running.run();
    } finally {
      RUNNING.unlock();
    }
  }

  /** A stage from its start to its end. */
  @FunctionalInterface
  private interface Running {
    void run() throws IOException;
  }

  /** The run's folder, locked while the run lives. */
  public RunDirectory directory() {
    return directory;
  }

  /** Where the run is shown. */
  public Display display() {
    return display;
  }

  /**
   * Writes the resolved configuration, its stage first.
   *
   * @param type the stage
   * @param config the configuration, every value filled in
   * @throws IOException if it can't be written
   */
  public <C extends Record> void writeConfig(StageType<C> type, C config) throws IOException {
    directory.writeConfig(type.name(), type.settings(), config);
  }

  /**
   * Hands on a stage that is ready to begin. It is trained to its end, or planned.
   *
   * @param loop how long it runs
   * @param evaluation when it is evaluated, and what follows from that
   * @param stage loaded, its rows read
   * @throws IOException if the run directory can't be read or written
   */
  public void ready(LoopSettings loop, EvaluationSettings evaluation, Stage stage)
      throws IOException {
    work.on(directory, loop, evaluation, stage, display);
  }
}
