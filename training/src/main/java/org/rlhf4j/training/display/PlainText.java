package org.rlhf4j.training.display;

import java.util.Locale;

/**
 * Text of files, names and commands as a terminal may see it: what would move its cursor, ring,
 * name its window or turn the order of letters round is written out, such as {@code \}{@code
 * u001b}. Line ends and tabs stay, and so does every letter of every script.
 */
public final class PlainText {

  private PlainText() {}

  /**
   * Writes control characters out.
   *
   * @param text any
   * @return the same text where there are none
   */
  public static String of(String text) {
    int first = 0;
    while (first < text.length() && !isControl(text.charAt(first))) {
      first++;
    }
    if (first == text.length()) {
      return text;
    }
    StringBuilder plain = new StringBuilder(text.substring(0, first));
    for (char c : text.substring(first).toCharArray()) {
      if (isControl(c)) {
        plain.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        plain.append(c);
      }
    }
    return plain.toString();
  }

  /** C0, DEL and C1 without line ends and tabs; embeddings, overrides and isolates of direction. */
  static boolean isControl(char c) {
    return (Character.isISOControl(c) && c != '\n' && c != '\t')
        || (c >= '\u202a' && c <= '\u202e')
        || (c >= '\u2066' && c <= '\u2069');
  }
}
