package org.rlhf4j.rollout.stage;

import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.training.slice.SliceWorker;

/** A process with the models and rows of a run of ppo or grpo. */
public interface PolicyWorker extends SliceWorker {

  /** Models and rows. */
  PolicyRun run();

  /**
   * The completions of some prompts with all that is learnt from.
   *
   * @param step from 1
   * @param rows indices of prompts
   */
  default Rollout rollout(int step, int[] rows) {
    return run().ofRows(step, rows);
  }
}
