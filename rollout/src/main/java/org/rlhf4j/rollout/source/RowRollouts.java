package org.rlhf4j.rollout.source;

import java.util.List;
import org.rlhf4j.rollout.Completion;

/** Samples and scores the completions of prompts elsewhere than in this process. */
@FunctionalInterface
public interface RowRollouts {

  /**
   * The completions of some prompts at a step.
   *
   * @param step from 1
   * @param rows indices of prompts
   * @return for each row its completions, scored
   */
  List<List<Completion>> completions(int step, int[] rows);
}
