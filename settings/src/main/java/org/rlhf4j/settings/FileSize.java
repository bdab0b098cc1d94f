package org.rlhf4j.settings;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The size of a file as users write it: {@code 5GB}, {@code 500MB}, {@code 2GiB}; a number alone is
 * bytes.
 *
 * @param bytes at least 1
 * @param text as it was written
 */
public record FileSize(long bytes, String text) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,12})\\s?([KMGT]?)(i?)B?");
  private static final List<String> POWERS = List.of("", "K", "M", "G", "T");

  /**
   * Reads a size.
   *
   * @throws IllegalArgumentException where it isn't one
   */
  public static FileSize parse(String text) {
    Matcher form = FORM.matcher(text.strip());
    if (!form.matches()) {
      throw new IllegalArgumentException(text);
    }
    long unit = form.group(3).isEmpty() ? 1000 : 1024;
    long bytes = Long.parseLong(form.group(1));
    for (int power = POWERS.indexOf(form.group(2)); power > 0; power--) {
      if (bytes > Long.MAX_VALUE / unit) {
        throw new IllegalArgumentException(text);
      }
      bytes *= unit;
    }
    if (bytes < 1) {
      throw new IllegalArgumentException(text);
    }
    return new FileSize(bytes, text);
  }

  @Override
  public String toString() {
    return text;
  }
}
