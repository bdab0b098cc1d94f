package org.rlhf4j.training;

import java.nio.file.Path;

/**
 * A run, or a pipeline, stopped before its end because it was asked to ({@link StopFlag}). What it
 * has made is in its folder, and it continues there.
 */
public final class StoppedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final StopFlag.Cause by;

  /**
   * A stop.
   *
   * @param folder of the run or the pipeline
   * @param by who asked for it
   */
  public StoppedException(Path folder, StopFlag.Cause by) {
    super(
        folder
            + (by == StopFlag.Cause.RAISED ? ": interrupted" : ": stopped")
            + ", resume with --resume");
    this.by = by;
  }

  /** Who asked for the stop. */
  public StopFlag.Cause by() {
    return by;
  }
}
