package org.rlhf4j.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Asks a run to stop before its end. A run looks at it between its steps, and a stage may look at
 * it in a step that has changed nothing yet ({@link #over}, {@link #throwIfAsked}): that step isn't
 * made then. The checkpoint of the last finished step is written, and the run ends with a {@link
 * StoppedException}. A signal or a program raises the flag; another process writes a request file
 * into the run's folder.
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
   * Ends what looks, if somebody asked for a stop: a step that is begun isn't made, and between two
   * steps the next one isn't. All that the run keeps has to be that of the last finished step.
   *
   * @throws StoppedException if somebody asked
   */
  public void throwIfAsked() {
    Optional<Cause> cause = cause();
    if (cause.isPresent()) {
      throw new StoppedException(cause.get());
    }
  }

  /**
   * The micro-batches of a step, one after the other; {@link #throwIfAsked} between two of them.
   *
   * @param microBatches of a step that makes its update after the last one
   */
  public <T> Iterable<T> over(List<T> microBatches) {
    return () -> {
      Iterator<T> rest = microBatches.iterator();
      return new Iterator<>() {
        private boolean isBetween;

        @Override
        public boolean hasNext() {
          return rest.hasNext();
        }

        @Override
        public T next() {
          if (isBetween) {
            throwIfAsked();
          }
          isBetween = true;
          return rest.next();
        }
      };
    };
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
