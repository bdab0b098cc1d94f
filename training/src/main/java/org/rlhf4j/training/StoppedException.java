package org.rlhf4j.training;

import java.nio.file.Path;

/**
 * A run, a pipeline or a step stopped before its end because it was asked to ({@link StopFlag}).
 * What a run or a pipeline has made is in its folder, and it continues there. Of a step nothing is
 * kept.
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

  /**
   * A stop of a step before its end.
   *
   * @param by who asked for it
   */
  StoppedException(StopFlag.Cause by) {
    super("asked to stop");
    this.by = by;
  }

  /** Who asked for the stop. */
  public StopFlag.Cause by() {
    return by;
  }
}
