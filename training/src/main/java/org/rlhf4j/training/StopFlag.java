package org.rlhf4j.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Asks a run to stop before its end. A run looks at it between its steps: the step that it is in is
 * finished, its checkpoint is written, and the run ends with a {@link StoppedException}. A signal
 * or a program raises the flag; another process writes a request file into the run's folder.
 */
public final class StopFlag {

  /** Who asked for the stop. */
  public enum Cause {
    /** {@link #raise} was called: by what handles a signal, or by a program. */
    RAISED,
    /** A request file was written. */
    REQUESTED
  }

  private final AtomicBoolean raised;
  private final AtomicInteger watches;
  private final List<Path> requests;

  /** A flag that nobody has raised. */
  public StopFlag() {
    this(new AtomicBoolean(), new AtomicInteger(), List.of());
  }

  private StopFlag(AtomicBoolean raised, AtomicInteger watches, List<Path> requests) {
    this.raised = raised;
    this.watches = watches;
    this.requests = requests;
  }

  /**
   * This flag, which a file raises too.
   *
   * @param request the file, which is there once a stop is asked for
   */
  public StopFlag with(Path request) {
    List<Path> all = new ArrayList<>(requests);
    all.add(request);
    return new StopFlag(raised, watches, List.copyOf(all));
  }

  /**
   * Raises the flag, and those made from it. Any thread may do so.
   *
   * @return whether a run is between its first and its last step, so that it looks at the flag soon
   */
  public boolean raise() {
    raised.set(true);
    return watches.get() > 0;
  }

  /** Who asked for a stop; empty if nobody did. */
  public Optional<Cause> cause() {
    if (raised.get()) {
      return Optional.of(Cause.RAISED);
    }
    return requests.stream().anyMatch(Files::exists)
        ? Optional.of(Cause.REQUESTED)
        : Optional.empty();
  }

  /**
   * Deletes the request files, as what they asked for is done.
   *
   * @throws IOException if one can't be deleted
   */
  public void honour() throws IOException {
    for (Path request : requests) {
      Files.deleteIfExists(request);
    }
  }

  /** A run begins to look at the flag, until the watch is closed. */
  Watch watch() {
    watches.incrementAndGet();
    return watches::decrementAndGet;
  }

  /** The time in which a run looks at the flag. */
  @FunctionalInterface
  interface Watch extends AutoCloseable {
    @Override
    void close();
  }
}
