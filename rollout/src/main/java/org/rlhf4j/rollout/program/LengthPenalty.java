package org.rlhf4j.rollout.program;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rlhf4j.settings.UsageException;

/**
 * 0 up to some tokens, from there falling evenly to −1 (Yu et al. 2025, equation 13, the soft
 * punishment of overlong completions).
 *
 * @param from the most tokens without a penalty
 * @param to the least tokens with the whole penalty
 */
record LengthPenalty(int from, int to) implements RewardProgram {

  private static final Pattern RANGE = Pattern.compile("(\\d{1,9})-(\\d{1,9})");

  static LengthPenalty of(String range) {
    Matcher matcher = RANGE.matcher(range);
    if (matcher.matches()) {
      int from = Integer.parseInt(matcher.group(1));
      int to = Integer.parseInt(matcher.group(2));
      if (from < to) {
        return new LengthPenalty(from, to);
      }
    }
    throw new UsageException(
        ("length-penalty needs two numbers of tokens, between which the penalty grows, such as"
                + " length-penalty:64-128, not '%s'")
            .formatted(range));
  }

  @Override
  public double score(CompletedPrompt completed) {
    double share = (completed.ids().length - from) / (double) (to - from);
    return 0 - Math.min(1, Math.max(0, share));
  }
}
