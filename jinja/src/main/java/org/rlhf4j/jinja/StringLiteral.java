package org.rlhf4j.jinja;

/** The value of a string literal, whose escapes are Python's. */
final class StringLiteral {

  private static final String LETTERS = "abfnrtv\\'\"";
  private static final String VALUES = "\u0007\b\f\n\r\t\u000b\\'\"";

  private StringLiteral() {}

  /** Resolves the escapes of what stands between the quotes; an unknown one stays as it is. */
  static String value(String written) {
    StringBuilder value = new StringBuilder();
    int at = 0;
    while (at < written.length()) {
      char c = written.charAt(at++);
      if (c == '\\' && at < written.length()) {
        at = escape(written, at, value);
      } else {
        value.append(c);
      }
    }
    return value.toString();
  }

  private static int escape(String written, int at, StringBuilder value) {
    char letter = written.charAt(at);
    int known = LETTERS.indexOf(letter);
    if (known >= 0) {
      value.append(VALUES.charAt(known));
      return at + 1;
    }
    int digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    if (digits > 0) {
      return code(written, at + 1, at + 1 + digits, 16, value);
    }
    if (letter >= '0' && letter <= '7') {
      int end = at;
      while (end < Math.min(written.length(), at + 3) && isOctal(written.charAt(end))) {
        end++;
      }
      return code(written, at, end, 8, value);
    }
    if (letter == 'N') {
      throw TemplateException.unsupported("the escape \\N{…} in a string");
    }
    if (letter != '\n') { // a backslash at a line's end joins lines
      value.append('\\').append(letter);
    }
    return at + 1;
  }

  private static boolean isOctal(char c) {
    return c >= '0' && c <= '7';
  }

  private static int code(String written, int begin, int end, int radix, StringBuilder value) {
    try {
      value.appendCodePoint(Integer.parseInt(written.substring(begin, end), radix));
      return end;
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new TemplateException("an escape in the string \"" + written + "\" is cut or too high");
    }
  }
}
