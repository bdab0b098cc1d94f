package org.rlhf4j.training.display;

import org.rlhf4j.training.run.RunSettings;

/**
 * Hears of a run while it goes on, in place of the standard error stream. It is called by the
 * thread that runs, between steps: what takes long holds the run up, and what it throws ends the
 * run, which {@link RunSettings#resume} takes up again from its newest checkpoint.
 */
@FunctionalInterface
public interface ProgressListener {

  /**
   * A step was made; its metrics are written.
   *
   * @param progress the step and what it measured
   */
  void step(Progress progress);

  /**
   * The metrics give reason to look at the run; said once of each thing.
   *
   * @param line what is wrong and what usually helps
   */
  default void warning(String line) {}

  /**
   * What the command would say beside its progress: what became of the rows, the plan, how the run
   * ended.
   *
   * @param line a line of it
   */
  default void note(String line) {}
}
