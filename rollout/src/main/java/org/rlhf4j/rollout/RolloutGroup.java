package org.rlhf4j.rollout;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.data.row.Conversation;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.token.TokenizedPrompt;

/**
 * A prompt and the completions sampled from it.
 *
 * @param group its number in the step
 * @param sampledAt the earlier step that sampled it, where it is learnt from again; else 0
 * @param prompt its text as the policy reads it; null where only ids are known
 * @param conversation the messages that it was written from; empty where it is text
 * @param promptIds its tokens, at least one
 * @param answer what a reward program compares with; null where there is none
 * @param fields further fields of the prompt's row, for reward programs
 * @param completions at least one
 */
public record RolloutGroup(
    long group,
    int sampledAt,
    String prompt,
    Optional<Conversation> conversation,
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

  /** A group of a text without further fields. */
  public RolloutGroup(
      long group, String prompt, int[] promptIds, String answer, List<Completion> completions) {
    this(group, 0, prompt, Optional.empty(), promptIds, answer, Map.of(), completions);
  }

  /**
   * The completions of a row's prompt.
   *
   * @param group its number in the step
   * @param prompt as the policy reads it
   * @param completions at least one
   * @return the group
   */
  public static RolloutGroup of(long group, TokenizedPrompt prompt, List<Completion> completions) {
    PromptRow row = prompt.row();
    return new RolloutGroup(
        group,
        0,
        row.prompt(),
        row.conversation(),
        prompt.ids(),
        row.answer().orElse(null),
        row.fields(),
        completions);
  }

  /** This prompt with other completions. */
  public RolloutGroup with(List<Completion> others) {
    return new RolloutGroup(
        group, sampledAt, prompt, conversation, promptIds, answer, fields, others);
  }

  /** This group with another number in the step. */
  public RolloutGroup numbered(long number) {
    return new RolloutGroup(
        number, sampledAt, prompt, conversation, promptIds, answer, fields, completions);
  }

  /** This group as one of an earlier step, from 1. */
  public RolloutGroup sampledAt(int step) {
    return new RolloutGroup(
        group, step, prompt, conversation, promptIds, answer, fields, completions);
  }

  /** Whether an earlier step than the rollout's sampled it. */
  public boolean isReplayed() {
    return sampledAt != 0;
  }
}
