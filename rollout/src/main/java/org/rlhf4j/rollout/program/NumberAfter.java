package org.rlhf4j.rollout.program;

import java.math.BigDecimal;
import java.util.Optional;
import org.rlhf4j.settings.UsageException;

/**
 * 1 where the number after a marker is that of the row's answer; else 0. Of several markers in the
 * completion the last counts, for it is what the completion ends up with. The answer may have the
 * marker too, as GSM8K's have ({@code … #### 72}), or is a number alone. Doesn't apply to a row
 * without such an answer.
 *
 * @param marker what stands before the number, such as {@code ####}
 */
record NumberAfter(String marker) implements RewardProgram {

  NumberAfter {
    if (marker.isEmpty()) {
      throw new UsageException("number-after needs a marker, such as number-after:####");
    }
  }

  @Override
  public double score(CompletedPrompt completed) {
    Optional<BigDecimal> expected = expected(completed.answer());
    if (expected.isEmpty()) {
      return Double.NaN;
    }
    Optional<BigDecimal> found = afterMarker(completed.completion());
    return found.isPresent() && found.get().compareTo(expected.get()) == 0 ? 1 : 0;
  }

  private Optional<BigDecimal> expected(String answer) {
    if (answer == null) {
      return Optional.empty();
    }
    return answer.contains(marker) ? afterMarker(answer) : WrittenNumber.of(answer);
  }

  private Optional<BigDecimal> afterMarker(String text) {
    int last = text.lastIndexOf(marker);
    return last < 0 ? Optional.empty() : WrittenNumber.at(text, last + marker.length());
  }
}
