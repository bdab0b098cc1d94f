package org.rlhf4j.cli.demo;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks the demo's sums by adding the numbers of the prompt itself. */
public final class Addition {

  private static final Pattern NUMBER = Pattern.compile("\\d{1,6}");
  private static final Pattern TOTAL = Pattern.compile("=\\s*(\\d{1,6})(?!\\d)");

  private Addition() {}

  /**
   * Judges a reply.
   *
   * @param prompt holds the numbers to add
   * @param reply such as {@code 7 + 5 = 12}
   * @return whether the number after its first equals sign is the sum of the prompt's numbers
   */
  public static boolean isRight(String prompt, String reply) {
    List<String> numbers = NUMBER.matcher(prompt).results().map(found -> found.group()).toList();
    int sum = numbers.stream().mapToInt(Integer::parseInt).sum();
    Matcher total = TOTAL.matcher(reply);
    return total.find() && Integer.parseInt(total.group(1)) == sum;
  }
}
