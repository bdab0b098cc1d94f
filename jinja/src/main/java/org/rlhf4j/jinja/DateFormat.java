package org.rlhf4j.jinja;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/** Python's {@code strftime} in English. */
final class DateFormat {

  private static final Map<String, String> PATTERNS =
      Map.ofEntries(
          Map.entry("Y", "uuuu"),
          Map.entry("y", "uu"),
          Map.entry("m", "MM"),
          Map.entry("-m", "M"),
          Map.entry("B", "MMMM"),
          Map.entry("b", "MMM"),
          Map.entry("d", "dd"),
          Map.entry("-d", "d"),
          Map.entry("j", "DDD"),
          Map.entry("A", "EEEE"),
          Map.entry("a", "EEE"),
          Map.entry("H", "HH"),
          Map.entry("I", "hh"),
          Map.entry("M", "mm"),
          Map.entry("S", "ss"),
          Map.entry("p", "a"));

  private DateFormat() {}

  static String text(LocalDateTime time, String format) {
    StringBuilder text = new StringBuilder();
    for (int at = 0; at < format.length(); at++) {
      if (format.charAt(at) != '%') {
        text.append(format.charAt(at));
        continue;
      }
      Rendering.work(Rendering.VALUE);
      int end = Math.min(format.length(), format.startsWith("%-", at) ? at + 3 : at + 2);
      String directive = format.substring(at + 1, end);
      at = end - 1;
      text.append(directive.equals("%") ? "%" : part(time, directive));
    }
    return text.toString();
  }

  private static String part(LocalDateTime time, String directive) {
    String pattern = PATTERNS.get(directive);
    if (pattern == null) {
      throw TemplateException.unsupported("strftime_now's %" + directive);
    }
    return time.format(DateTimeFormatter.ofPattern(pattern, Locale.US));
  }
}
