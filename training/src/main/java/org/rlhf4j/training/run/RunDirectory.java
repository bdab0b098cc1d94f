package org.rlhf4j.training.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/**
 * The folder that a run writes: its configuration, logs, checkpoints and models, under fixed names.
 * While it is open no other process can run there. A run that ends before its first step, over a
 * missing file, say, leaves nothing behind.
 */
public final class RunDirectory implements AutoCloseable {

  /** The key of {@code config.yaml} that names the run's stage. */
  public static final String STAGE = "stage";

  private static final String CONFIG = "config.yaml";
  private static final String CHECKPOINTS = "checkpoints";
  private static final String FINISHED = "finished";
  private static final String STOP = "stop";
  private static final String INPUTS = "inputs.json";

  private final Path folder;
  private final boolean resume;
  private final RunLock lock;

  /** The folders that opening it made, innermost first. */
  private final List<Path> made;

  private RunDirectory(Path folder, boolean resume, RunLock lock, List<Path> made) {
    this.folder = folder;
    this.resume = resume;
    this.lock = lock;
    this.made = made;
  }

  /**
   * Opens a run directory, made where it doesn't exist, and locks it.
   *
   * @param folder the output folder
   * @param resume whether a run may be there already
   * @return the open directory
   * @throws UsageException when something is there and {@code resume} is false, or when what is
   *     there is no run
   * @throws UserException when another process runs there
   * @throws IOException when the folder can't be made or read
   */
  public static RunDirectory open(Path folder, boolean resume) throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new UsageException(folder + ": is a file; give --output a folder");
    }
    List<Path> made = missing(folder);
    make(folder);
    List<Path> content = AtomicFiles.list(folder);
    boolean empty = content.stream().allMatch(path -> path.endsWith(RunLock.FILE));
    if (!empty && content.stream().map(Path::getFileName).noneMatch(RunDirectory::isOfARun)) {
      throw new UsageException(
          folder + ": this folder isn't empty and has no run to resume; choose another --output");
    }
    if (!empty && !resume) {
      throw new UsageException(
          folder
              + ": this folder isn't empty; add --resume to continue its run, or choose another"
              + " --output");
    }
    RunDirectory run = new RunDirectory(folder, resume, RunLock.take(folder), made);
    AtomicFiles.deletePartial(folder);
    Files.deleteIfExists(run.stopRequest());
    return run;
  }

  /**
   * Makes sure that no process runs in a folder. Nothing is made there.
   *
   * @param folder a run directory, or one that isn't there
   * @throws UserException if another process runs there
   * @throws IOException if the lock can't be read
   */
  public static void requireFree(Path folder) throws IOException {
    if (Files.exists(folder.resolve(RunLock.FILE))) {
      RunLock.take(folder).close();
    }
  }

  /**
   * Deletes a run with its folder, locked meanwhile. Nothing happens where there is none.
   *
   * @param folder the run directory
   * @throws UserException if another process runs there; nothing is deleted then
   * @throws IOException if it can't be deleted
   */
  public static void delete(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      try (RunLock lock = RunLock.take(folder)) {
        AtomicFiles.deleteFolder(folder);
      }
    }
  }

  /**
   * Asks the run in a folder to stop in the step that it makes, or after it.
   *
   * @param folder a run directory
   * @throws UsageException if there is no such run
   * @throws UserException if the run is finished, or if no process runs there
   * @throws IOException if the request can't be written
   */
  public static void requestStop(Path folder) throws IOException {
    if (!Files.exists(folder.resolve(RunLock.FILE))) {
      throw new UsageException(
          folder + ": there is no run here; name the folder of a run or of a pipeline");
    }
    if (RunLock.isHeld(folder)) {
      AtomicFiles.writeString(folder.resolve(STOP), "");
    } else if (Files.exists(folder.resolve(FINISHED))) {
      throw new UserException(folder + ": the run is finished; there is nothing to stop");
    } else {
      throw new UserException(
          folder + ": no process runs here; there is nothing to stop, and --resume continues it");
    }
  }

  private static void make(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UsageException(
          "%s: can't be made (%s); choose another --output".formatted(folder, FileFault.reason(e)),
          e);
    }
  }

  private static List<Path> missing(Path folder) {
    List<Path> missing = new ArrayList<>();
    Path path = folder.toAbsolutePath().normalize();
    while (path != null && !Files.exists(path)) {
      missing.add(path);
      path = path.getParent();
    }
    return missing;
  }

  private static boolean isOfARun(Path name) {
    return Set.of(RunLock.FILE, CONFIG, CHECKPOINTS).contains(name.toString());
  }

  /**
   * The folder itself.
   *
   * @return its path as given
   */
  public Path folder() {
    return folder;
  }

  /**
   * Whether a run that is here already is to go on.
   *
   * @return what the directory was opened with
   */
  public boolean resume() {
    return resume;
  }

  /**
   * The resolved configuration.
   *
   * @return {@code config.yaml}
   */
  public Path config() {
    return folder.resolve(CONFIG);
  }

  /**
   * Writes the resolved configuration, the stage's name first, and what the run reads by content.
   * Relative paths become whole ones, so that the run goes on from any folder.
   *
   * @param stage the run's stage
   * @param settings what the record declares
   * @param values the record
   * @param <T> the record's type
   * @throws UsageException if the run goes on from a checkpoint of another stage, or one that other
   *     settings or inputs led to
   * @throws IOException if it can't be written
   */
  public <T extends Record> void writeConfig(String stage, Settings<T> settings, T values)
      throws IOException {
    T whole = settings.withWholePaths(values);
    RunInputs now = RunInputs.of(settings, whole);
    if (resume && Files.isDirectory(checkpoints()) && Files.exists(config())) {
      Optional<RunInputs> before = RunInputs.read(inputs());
      ResumedSettings.require(config(), stage, settings, whole, before);
      before.ifPresent(inputs -> inputs.requireSame(now, folder));
    }
    AtomicFiles.writeString(
        config(), STAGE + ": " + stage + "\n" + SettingsYaml.write(settings, whole));
    now.write(inputs());
  }

  /**
   * What the run reads, by content.
   *
   * @return {@code inputs.json}
   */
  public Path inputs() {
    return folder.resolve(INPUTS);
  }

  /**
   * The metrics, one object per step.
   *
   * @return {@code metrics.jsonl}
   */
  public Path metrics() {
    return folder.resolve("metrics.jsonl");
  }

  /**
   * The last held-out evaluation.
   *
   * @return {@code evaluation.json}
   */
  public Path evaluation() {
    return folder.resolve("evaluation.json");
  }

  /**
   * Sampled completions to read.
   *
   * @return {@code samples.jsonl}
   */
  public Path samples() {
    return folder.resolve("samples.jsonl");
  }

  /**
   * The metrics as TensorBoard reads them.
   *
   * @return {@code tensorboard}
   */
  public Path tensorboard() {
    return folder.resolve("tensorboard");
  }

  /**
   * Rollouts to replay.
   *
   * @return {@code rollouts.jsonl}
   */
  public Path rollouts() {
    return folder.resolve("rollouts.jsonl");
  }

  /**
   * The batch whose step wasn't finite.
   *
   * @return {@code failed-batch.jsonl}
   */
  public Path failedBatch() {
    return folder.resolve("failed-batch.jsonl");
  }

  /**
   * The folder of the checkpoints.
   *
   * @return {@code checkpoints}
   */
  public Path checkpoints() {
    return folder.resolve(CHECKPOINTS);
  }

  /**
   * The model that the run made.
   *
   * @return {@code model}
   */
  public Path model() {
    return folder.resolve("model");
  }

  /**
   * The critic that a PPO run made.
   *
   * @return {@code critic}
   */
  public Path critic() {
    return folder.resolve("critic");
  }

  /**
   * What asks the run to stop: it ends in its step or after it, and keeps its finished steps, if
   * this file is there. The file is deleted then, and also if a run begins or goes on.
   *
   * @return {@code stop}
   */
  public Path stopRequest() {
    return folder.resolve(STOP);
  }

  /**
   * Whether the run came to its end: its model is written.
   *
   * @return the step at which it ended, or empty where it didn't
   * @throws IOException when the mark can't be read
   */
  public OptionalInt finishedStep() throws IOException {
    Path mark = folder.resolve(FINISHED);
    if (!Files.exists(mark)) {
      return OptionalInt.empty();
    }
    try {
      return OptionalInt.of(Integer.parseInt(Files.readString(mark).strip()));
    } catch (NumberFormatException e) {
      throw new UserException(
          mark + ": this file should contain the number of a step; delete it to resume the run", e);
    }
  }

  /**
   * Marks the run as finished.
   *
   * @param step its last step
   * @throws IOException when the mark can't be written
   */
  public void markFinished(int step) throws IOException {
    AtomicFiles.writeString(folder.resolve(FINISHED), step + "\n");
  }

  /** Lets other processes run there. Where no step was begun, what opening made is deleted. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(stopRequest());
    lock.close();
    if (Files.exists(folder)
        && AtomicFiles.list(folder).stream().allMatch(RunDirectory::comesBeforeTheFirstStep)) {
      Files.deleteIfExists(config());
      Files.deleteIfExists(inputs());
      Files.deleteIfExists(folder.resolve(RunLock.FILE));
      for (Path path : made) {
        if (!AtomicFiles.list(path).isEmpty()) {
          return;
        }
        Files.delete(path);
      }
    }
  }

  private static boolean comesBeforeTheFirstStep(Path path) {
    return path.endsWith(CONFIG) || path.endsWith(INPUTS) || path.endsWith(RunLock.FILE);
  }
}
