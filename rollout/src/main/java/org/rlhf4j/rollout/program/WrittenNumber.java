package org.rlhf4j.rollout.program;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Numbers as people write them: {@code 72}, {@code -1,234.50}, {@code $5}, {@code .5}. What looks
 * like a number and isn't one, such as {@code 1,23}, {@code 1.2.3}, {@code 3/4} or {@code 1e5}, is
 * none rather than its beginning.
 */
final class WrittenNumber {

  private static final Pattern NUMBER =
      Pattern.compile(
          "\\s*(?<sign>[-+\u2212]?(?:[$\u20ac\u00a3]\\s?)?|[$\u20ac\u00a3][-+\u2212])"
              + "(?<digits>(?:\\d{1,3}(?:,\\d{3})++|\\d++)(?:\\.\\d++)?+|\\.\\d++)"
              + "(?![.,]?\\d|\\s*/\\s*\\d|[eE][-+]?\\d)");

  private WrittenNumber() {}

  /**
   * The number that a text goes on with at some place, white space before it aside.
   *
   * @param text the text
   * @param from where in it
   * @return the number, or empty where something else is there
   */
  static Optional<BigDecimal> at(String text, int from) {
    Matcher matcher = NUMBER.matcher(text).region(from, text.length());
    return matcher.lookingAt() ? Optional.of(value(matcher)) : Optional.empty();
  }

  /** The number that a text consists of, white space and a full stop aside. */
  static Optional<BigDecimal> of(String text) {
    Matcher matcher = NUMBER.matcher(text);
    return matcher.lookingAt() && text.substring(matcher.end()).strip().matches("\\.?")
        ? Optional.of(value(matcher))
        : Optional.empty();
  }

  private static BigDecimal value(Matcher matcher) {
    BigDecimal value = new BigDecimal(matcher.group("digits").replace(",", ""));
    String sign = matcher.group("sign");
    return sign.contains("-") || sign.contains("\u2212") ? value.negate() : value;
  }
}
