package org.rlhf4j.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Python's view of text: characters are code points, space is Unicode's. */
final class Text {

  /** The longest text that a template may make, in UTF-16 units. */
  static final int LIMIT = 1 << 24;

  private static final String LINE_ENDS = "\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029";

  private Text() {}

  static boolean isSpace(int codePoint) {
    return Character.isWhitespace(codePoint)
        || Character.isSpaceChar(codePoint)
        || codePoint == 0x85;
  }

  /**
   * Strips characters from the ends.
   *
   * @param characters which; null: space
   */
  static String strip(String text, String characters, boolean left, boolean right) {
    long cost = characters == null ? 1 : 1 + characters.length() / 16L;
    int begin = 0;
    int end = text.length();
    while (left && begin < end && strips(text.codePointAt(begin), characters)) {
      Rendering.work(cost);
      begin += Character.charCount(text.codePointAt(begin));
    }
    while (right && begin < end && strips(text.codePointBefore(end), characters)) {
      Rendering.work(cost);
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(begin, end);
  }

  private static boolean strips(int codePoint, String characters) {
    return characters == null ? isSpace(codePoint) : characters.indexOf(codePoint) >= 0;
  }

  /** The order of code points, which that of UTF-16 isn't. */
  static int compare(String one, String other) {
    int mismatch = 0;
    int limit = Math.min(one.length(), other.length());
    Rendering.work(limit);
    while (mismatch < limit && one.charAt(mismatch) == other.charAt(mismatch)) {
      mismatch++;
    }
    if (mismatch == limit) {
      return Integer.compare(one.length(), other.length());
    }
    char a = one.charAt(mismatch);
    char b = other.charAt(mismatch);
    return Character.isSurrogate(a) == Character.isSurrogate(b)
        ? Character.compare(a, b)
        : Boolean.compare(Character.isSurrogate(a), Character.isSurrogate(b));
  }

  /** Refuses what would be too long, before it is made. */
  static void requireRoom(long length) {
    if (length > LIMIT) {
      throw new TemplateException("a text of more than " + LIMIT + " characters is too long");
    }
  }

  static String concat(String one, String other) {
    requireRoom((long) one.length() + other.length());
    Rendering.work((long) one.length() + other.length());
    return one + other;
  }

  /** The characters from one place to before another; none where that isn't behind it. */
  static String slice(String text, long from, long to) {
    if (to <= from) {
      return "";
    }
    Rendering.work(text.length());
    int begin = text.offsetByCodePoints(0, (int) from);
    return text.substring(begin, text.offsetByCodePoints(begin, (int) (to - from)));
  }

  /** Splits at space, at most {@code most} times where that isn't negative. */
  static List<Object> splitAtSpace(String text, int most) {
    List<Object> parts = new ArrayList<>();
    int begin = skip(text, 0, true);
    while (begin < text.length() && (most < 0 || parts.size() < most)) {
      int end = skip(text, begin, false);
      add(parts, text.substring(begin, end));
      begin = skip(text, end, true);
    }
    if (begin < text.length()) {
      add(parts, strip(text.substring(begin), null, false, true));
    }
    return parts;
  }

  /** Where the first character from a place on is space, or isn't. */
  private static int skip(String text, int from, boolean space) {
    int at = from;
    while (at < text.length() && isSpace(text.codePointAt(at)) == space) {
      at += Character.charCount(text.codePointAt(at));
    }
    return at;
  }

  private static void add(List<Object> parts, String part) {
    Rendering.work(Rendering.VALUE);
    parts.add(part);
  }

  /** Splits at a separator, at most {@code most} times where that isn't negative. */
  static List<Object> split(String text, String separator, int most) {
    requireSeparator(separator);
    Rendering.search(text, separator);
    List<Object> parts = new ArrayList<>();
    int begin = 0;
    int end = text.indexOf(separator);
    while (end >= 0 && (most < 0 || parts.size() < most)) {
      add(parts, text.substring(begin, end));
      begin = end + separator.length();
      end = text.indexOf(separator, begin);
    }
    parts.add(text.substring(begin));
    return parts;
  }

  /** Splits at a separator from the end. */
  static List<Object> splitFromEnd(String text, String separator, int most) {
    requireSeparator(separator);
    Rendering.search(text, separator);
    List<Object> parts = new ArrayList<>();
    int end = text.length();
    int begin = text.lastIndexOf(separator);
    while (begin >= 0 && (most < 0 || parts.size() < most)) {
      add(parts, text.substring(begin + separator.length(), end));
      end = begin;
      begin = begin == 0 ? -1 : text.lastIndexOf(separator, end - separator.length());
    }
    add(parts, text.substring(0, end));
    Collections.reverse(parts);
    return parts;
  }

  static void requireSeparator(String separator) {
    if (separator.isEmpty()) {
      throw new TemplateException("split at an empty separator");
    }
  }

  /** Lines without their ends, as {@code str.splitlines} takes them. */
  static List<Object> lines(String text) {
    List<Object> lines = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < text.length(); i++) {
      if (LINE_ENDS.indexOf(text.charAt(i)) >= 0) {
        add(lines, text.substring(begin, i));
        i += text.startsWith("\r\n", i) ? 1 : 0;
        begin = i + 1;
      }
    }
    if (begin < text.length()) {
      add(lines, text.substring(begin));
    }
    return lines;
  }

  /** Replaces a text, at most {@code most} times where that isn't negative. */
  static String replace(String text, String old, String replacement, int most) {
    long found = most < 0 ? Integer.MAX_VALUE : most;
    int hits = old.isEmpty() ? text.length() + 1 : count(text, old);
    long length = text.length() + Math.min(found, hits) * replacement.length();
    requireRoom(length);
    Rendering.work(length);
    if (!old.isEmpty()) {
      return most < 0
          ? text.replace(old, replacement)
          : String.join(replacement, split(text, old, most).toArray(String[]::new));
    }
    if (most >= 0) {
      throw TemplateException.unsupported("replacing an empty text a number of times");
    }
    StringBuilder all = new StringBuilder(replacement);
    text.codePoints().forEach(c -> all.appendCodePoint(c).append(replacement));
    return all.toString();
  }

  static int count(String text, String part) {
    return split(text, part, -1).size() - 1;
  }

  static String capitalize(String text) {
    int first = text.isEmpty() ? 0 : text.offsetByCodePoints(0, 1);
    return text.substring(0, first).toUpperCase(java.util.Locale.ROOT)
        + text.substring(first).toLowerCase(java.util.Locale.ROOT);
  }

  /** As {@code repr()} quotes it. */
  static String repr(String text) {
    Rendering.work(8L * text.length());
    char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
    StringBuilder all = new StringBuilder().append(quote);
    text.codePoints().forEach(c -> all.append(escaped(c, quote)));
    return all.append(quote).toString();
  }

  private static String escaped(int c, char quote) {
    int simple = "\n\r\t\\".indexOf(c);
    if (simple >= 0) {
      return "\\" + "nrt\\".charAt(simple);
    }
    if (c == quote) {
      return "\\" + quote;
    }
    boolean printable =
        c == ' '
            || !(Character.isISOControl(c)
                || Character.isSpaceChar(c)
                || !Character.isDefined(c)
                || Character.getType(c) == Character.FORMAT
                || Character.getType(c) == Character.SURROGATE
                || Character.getType(c) == Character.PRIVATE_USE);
    if (printable) {
      return Character.toString(c);
    }
    return c < 0x100 ? "\\x" + hex(c, 2) : c < 0x10000 ? "\\u" + hex(c, 4) : "\\U" + hex(c, 8);
  }

  /** A number in so many digits of base 16. */
  static String hex(int number, int digits) {
    String written = Integer.toHexString(number);
    return "0".repeat(digits - written.length()) + written;
  }
}
