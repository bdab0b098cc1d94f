package org.rlhf4j.rollout;

import java.util.List;
import java.util.Map;

/**
 * A prompt and the completions sampled from it.
 *
 * @param group its number in the step
 * @param prompt its text; null where only ids are known
 * @param promptIds its tokens, at least one
 * @param answer what a reward program compares with; null where there is none
 * @param fields further fields of the prompt's row, for reward programs
 * @param completions at least one
 */
public record RolloutGroup(
    long group,
    String prompt,
    int[] promptIds,
    String answer,
    Map<String, Object> fields,
    List<Completion> completions) {

  /** Checks that there is something to learn from. */
  public RolloutGroup {
    if (promptIds.length == 0 || completions.isEmpty()) {
      throw new IllegalArgumentException("a group has a prompt and completions");
    }
    completions = List.copyOf(completions);
  }

  /** A group of a row without further fields. */
  public RolloutGroup(
      long group, String prompt, int[] promptIds, String answer, List<Completion> completions) {
    this(group, prompt, promptIds, answer, Map.of(), completions);
  }

  RolloutGroup with(List<Completion> others) {
    return new RolloutGroup(group, prompt, promptIds, answer, fields, others);
  }

  RolloutGroup numbered(long number) {
    return new RolloutGroup(number, prompt, promptIds, answer, fields, completions);
  }
}
