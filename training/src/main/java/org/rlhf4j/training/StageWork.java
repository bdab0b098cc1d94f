package org.rlhf4j.training;

import java.io.IOException;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.run.RunDirectory;

/** What is done with a stage that is ready to begin: trained, or only planned. */
@FunctionalInterface
public interface StageWork {

  /**
   * Does it.
   *
   * @param run the open run directory
   * @param settings how long the stage runs
   * @param evaluation when the stage is evaluated, and what follows from it
   * @param stage loaded, its rows read
   * @param display where to show progress
   * @throws IOException when the run directory can't be read or written
   */
  void on(
      RunDirectory run,
      LoopSettings settings,
      EvaluationSettings evaluation,
      Stage stage,
      Display display)
      throws IOException;
}
