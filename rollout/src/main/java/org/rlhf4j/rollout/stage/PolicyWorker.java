package org.rlhf4j.rollout.stage;

import org.rlhf4j.training.slice.SliceWorker;

/** A process with the models and rows of a run of ppo or grpo. */
public interface PolicyWorker extends SliceWorker {

  /** Models and rows. */
  PolicyRun run();
}
