package org.rlhf4j.rollout.program;

/**
 * 1 where the completion is the row's answer, white space around both aside; else 0. Doesn't apply
 * to a row without an answer.
 */
record ExactMatch() implements RewardProgram {

  @Override
  public double score(CompletedPrompt completed) {
    if (completed.answer() == null) {
      return Double.NaN;
    }
    return completed.completion().strip().equals(completed.answer().strip()) ? 1 : 0;
  }
}
