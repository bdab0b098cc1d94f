package org.rlhf4j.cli.demo;

import java.util.regex.Pattern;

/**
 * Tells kind replies from others by the words in them. No stage of the demo sees this rule: the
 * reward model finds its own from the comparisons, and this one judges from outside whether the
 * policy's manner has changed.
 */
public final class Manner {

  private static final Pattern WARM =
      words(
          "gladly",
          "with pleasure",
          "my friend",
          "good question",
          "how nice",
          "i am happy",
          "lovely",
          "thank you",
          "fine plan",
          "right place");

  private static final Pattern COLD =
      words(
          "not again",
          "what now",
          "how dull",
          "oh, please",
          "if you must",
          "busy",
          "you again",
          "no time",
          "silly",
          "nobody but you",
          "look it up",
          "your problem",
          "work it out",
          "will not",
          "bother",
          "find out alone",
          "understand anyway");

  private Manner() {}

  /**
   * Judges a reply.
   *
   * @param reply its text
   * @return whether it has a warm word and no cold one
   */
  public static boolean isKind(String reply) {
    return WARM.matcher(reply).find() && !COLD.matcher(reply).find();
  }

  private static Pattern words(String... phrases) {
    return Pattern.compile("\\b(" + String.join("|", phrases) + ")\\b", Pattern.CASE_INSENSITIVE);
  }
}
