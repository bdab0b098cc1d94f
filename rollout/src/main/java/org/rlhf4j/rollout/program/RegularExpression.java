package org.rlhf4j.rollout.program;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/**
 * 1 where a pattern is found in the completion; else 0. Where the pattern has a group named {@code
 * answer}, what the last match has there must be the row's answer, white space around both aside;
 * that doesn't apply to a row without an answer.
 *
 * @param pattern of {@link Pattern}
 */
record RegularExpression(Pattern pattern) implements RewardProgram {

  private static final String ANSWER = "answer";

  /** How many characters may be looked at for a completion: well below a second's worth. */
  private static final long MOST_LOOKS = 20_000_000;

  static RegularExpression of(String pattern) {
    if (pattern.isEmpty()) {
      throw new UsageException("regex needs a pattern, such as regex:(?s)^Yes.*");
    }
    try {
      return new RegularExpression(Pattern.compile(pattern));
    } catch (PatternSyntaxException e) {
      throw new UsageException(
          String.format(
              Locale.ROOT,
              "regex: %s at character %d of '%s'",
              e.getDescription(),
              e.getIndex() + 1,
              pattern),
          e);
    }
  }

  @Override
  public double score(CompletedPrompt completed) {
    try {
      return comparesAnswer() ? compared(completed) : found(completed) ? 1 : 0;
    } catch (StackOverflowError | CountedText.UsedUpException e) {
      throw new UserException(
          ("--reward regex: '%s' needs too many tries on the completion of '%s'; anchor it (^…), or"
                  + " avoid repeated groups such as (a|b)*")
              .formatted(pattern, completed.shortPrompt()),
          e);
    }
  }

  private Matcher matcher(CompletedPrompt completed) {
    return pattern.matcher(new CountedText(completed.completion(), MOST_LOOKS));
  }

  private boolean comparesAnswer() {
    return pattern.pattern().contains("(?<" + ANSWER + ">");
  }

  private boolean found(CompletedPrompt completed) {
    return matcher(completed).find();
  }

  private double compared(CompletedPrompt completed) {
    if (completed.answer() == null) {
      return Double.NaN;
    }
    Matcher matcher = matcher(completed);
    String last = null;
    while (matcher.find()) {
      last = matcher.group(ANSWER);
    }
    return last != null && last.strip().equals(completed.answer().strip()) ? 1 : 0;
  }
}
