package org.rlhf4j.rollout;

import java.util.List;

/**
 * A prompt and the completions sampled from it.
 *
 * @param group its number in the step
 * @param prompt its text; null where only ids are known
 * @param promptIds its tokens, at least one
 * @param answer what a reward program compares with; null where there is none
 * @param completions at least one
 */
public record RolloutGroup(
    long group, String prompt, int[] promptIds, String answer, List<Completion> completions) {

  /** Checks that there is something to learn from. */
  public RolloutGroup {
    if (promptIds.length == 0 || completions.isEmpty()) {
      throw new IllegalArgumentException("a group has a prompt and completions");
    }
    completions = List.copyOf(completions);
  }

  RolloutGroup with(List<Completion> others) {
    return new RolloutGroup(group, prompt, promptIds, answer, others);
  }
}
