package org.rlhf4j.rollout.program;

import org.rlhf4j.settings.UsageException;

/**
 * Minus the share of a completion's runs of tokens that already came earlier in it: from 0 to above
 * −1.
 *
 * @param run tokens of a run
 */
record RepetitionPenalty(int run) implements RewardProgram {
  private static final int USUAL = 4;

  static RepetitionPenalty of(String run) {
    if (!run.matches("|[1-9]\\d{0,5}")) {
      throw new UsageException(
          "repetition-penalty takes the tokens of a run, such as repetition-penalty:4; not '%s'"
              .formatted(run));
    }
    return new RepetitionPenalty(run.isEmpty() ? USUAL : Integer.parseInt(run));
  }

  @Override
  public double score(CompletedPrompt completed) {
    return 0 - Repetition.share(completed.ids(), run);
  }
}
