package org.rlhf4j.pipeline;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.rlhf4j.report.Report;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;
import org.rlhf4j.training.run.AtomicFiles;
import org.rlhf4j.training.run.RunDirectory;
import org.rlhf4j.training.run.RunLock;

/**
 * Runs the stages of a pipeline in order, each in a folder of its own. A finished stage whose
 * settings and inputs are unchanged is skipped, an unfinished one goes on where it stopped.
 */
public final class PipelineRun {

  private static final String RECORDS = "pipeline";
  private static final String STOP = "stop";

  private final Pipeline pipeline;
  private final Path output;
  private final List<String> rerun;
  private final PrintWriter err;

  /** Is told how a pipeline goes on, also of stages that are skipped. */
  public interface Watcher {

    /** A stage is about to begin. */
    default void begins(PipelineStage stage) throws IOException {}

    /** A stage is finished. */
    default void ended(PipelineStage stage) throws IOException {}
  }

  /**
   * A run.
   *
   * @param pipeline what to run
   * @param output the folder whose subfolders the stages run in
   * @param rerun names of stages to run anew
   * @param err takes a line a stage
   */
  public PipelineRun(Pipeline pipeline, Path output, List<String> rerun, PrintWriter err) {
    this.pipeline = pipeline;
    this.output = output;
    this.rerun = rerun;
    this.err = err;
  }

  /**
   * Runs all stages, then writes the report over them.
   *
   * @param watcher is told how it goes on
   */
  public void run(Watcher watcher) throws IOException {
    run(watcher, new StopFlag());
  }

  /**
   * Runs all stages until it is asked to stop.
   *
   * @param watcher is told how it goes on
   * @param stop looked at between stages, and by each stage between and in steps; {@link
   *     #requestStop} raises it too
   * @throws StoppedException if it was asked to stop before its end
   */
  public void run(Watcher watcher, StopFlag stop) throws IOException {
    boolean isNew = !Files.exists(output);
    Path records = Files.createDirectories(output.resolve(RECORDS));
    try (RunLock lock = RunLock.take(records)) {
      Path request = records.resolve(STOP);
      Files.deleteIfExists(request);
      runAll(watcher, stop.with(request));
    } finally {
      RunLock.deleteUnused(records);
      if (isNew) {
        deleteIfEmpty(output);
      }
    }
    Report.ofAll(
        pipeline.stages().stream().map(stage -> output.resolve(stage.name())).toList(), output);
  }

  /**
   * Asks what runs in a folder to stop in its step or after it.
   *
   * @param folder of a pipeline, or a run directory
   * @throws UsageException if it is neither
   * @throws UserException if nothing runs there
   * @throws IOException if the request can't be written
   */
  public static void requestStop(Path folder) throws IOException {
    Path records = folder.resolve(RECORDS);
    if (!Files.isDirectory(records)) {
      RunDirectory.requestStop(folder);
    } else if (RunLock.isHeld(records)) {
      AtomicFiles.writeString(records.resolve(STOP), "");
    } else {
      throw new UserException(
          folder
              + (Report.isIn(folder)
                  ? ": the pipeline is finished; there is nothing to stop"
                  : ": no process runs this pipeline; there is nothing to stop, and the line that"
                      + " began it continues it"));
    }
  }

  private void runAll(Watcher watcher, StopFlag stop) throws IOException {
    requireNothingRuns();
    int number = 0;
    for (PipelineStage stage : pipeline.stages()) {
      Optional<StopFlag.Cause> asked = stop.cause();
      if (asked.isPresent()) {
        stop.honour();
        throw new StoppedException(output, asked.get());
      }
      String which =
          String.format(
              Locale.ROOT, "stage %d/%d %s", ++number, pipeline.stages().size(), stage.name());
      run(stage, which, watcher, stop);
      watcher.ended(stage);
    }
  }

  /** What is run anew is deleted first: not below a process that runs there, or reads from it. */
  private void requireNothingRuns() throws IOException {
    if (!rerun.isEmpty()) {
      for (PipelineStage stage : pipeline.stages()) {
        RunDirectory.requireFree(output.resolve(stage.name()));
      }
    }
  }

  private void run(PipelineStage stage, String which, Watcher watcher, StopFlag stop)
      throws IOException {
    Path folder = output.resolve(stage.name());
    Path file = output.resolve(RECORDS).resolve(stage.name() + ".txt");
    StageRecord now = StageRecord.of(stage);
    Optional<StageRecord> before = Files.exists(folder) ? StageRecord.read(file) : Optional.empty();
    if (before.isEmpty() && holdsSomething(folder)) {
      throw new UsageException(
          folder
              + ": this folder doesn't belong to this pipeline; move it away, or choose another"
              + " --output");
    }
    if (rerun.contains(stage.name())) {
      RunDirectory.delete(folder);
      before = Optional.empty();
    }
    if (before.isPresent() && isUpToDate(which, stage, now, before.get(), folder)) {
      show(which + ": unchanged, skipped");
      if (!Report.isIn(folder)) {
        Report.ofRun(folder);
      }
      return;
    }
    show(which);
    watcher.begins(stage);
    now.write(file);
    try {
      stage.work().run(before.isPresent(), stop);
    } finally {
      if (!Files.exists(folder)) { // it failed before its first step
        Files.deleteIfExists(file);
      }
    }
  }

  private static boolean holdsSomething(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return Files.exists(folder);
    }
    try (var content = Files.list(folder)) {
      return content.findAny().isPresent();
    }
  }

  /** Whether the stage is finished as it would be run now; a change is an error. */
  private static boolean isUpToDate(
      String which, PipelineStage stage, StageRecord now, StageRecord before, Path folder) {
    Optional<String> change = now.changeSince(before, stage.defaults());
    if (change.isPresent()) {
      throw new UserException(
          "%s: it has changed since it ran: %s; --rerun %s runs it again"
              .formatted(which, change.get(), stage.name()));
    }
    return Files.exists(folder.resolve("finished"));
  }

  private static void deleteIfEmpty(Path folder) throws IOException {
    if (Files.exists(folder) && !holdsSomething(folder)) {
      Files.delete(folder);
    }
  }

  private void show(String line) {
    err.println(line);
    err.flush();
  }
}
