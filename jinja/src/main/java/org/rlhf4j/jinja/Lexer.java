package org.rlhf4j.jinja;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rlhf4j.jinja.Token.Kind;

/**
 * Takes a template's source apart. The newline after a block's end goes, and so does the space
 * before a block on its line ({@code trim_blocks}, {@code lstrip_blocks}); a minus beside a
 * delimiter takes all space on that side, a plus keeps it.
 */
final class Lexer {

  private static final Pattern TAG = Pattern.compile("\\{\\{|\\{%|\\{#");
  private static final Pattern RAW = Pattern.compile("\\{%[-+]?\\s*raw\\s*(?:-%\\}\\s*|%\\})");
  private static final Pattern END_RAW =
      Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\}\\n?)");
  private static final Pattern COMMENT_END = Pattern.compile("\\+#\\}|-#\\}\\s*|#\\}\\n?");
  private static final Pattern BLOCK_END = Pattern.compile("\\+%\\}|-%\\}\\s*|%\\}\\n?");
  private static final Pattern VARIABLE_END = Pattern.compile("-\\}\\}\\s*|\\}\\}");
  private static final Pattern SPACE = Pattern.compile("\\s+");
  private static final Pattern NAME = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_]*");
  private static final Pattern FLOAT =
      Pattern.compile("\\d[\\d_]*(?:(?:\\.\\d[\\d_]*)?[eE][+-]?\\d[\\d_]*|\\.\\d[\\d_]*)");
  private static final Pattern INTEGER = Pattern.compile("\\d[\\d_]*");
  private static final Pattern STRING =
      Pattern.compile("'(?:[^'\\\\]|\\\\.)*+'|\"(?:[^\"\\\\]|\\\\.)*+\"", Pattern.DOTALL);
  private static final Pattern OPERATOR =
      Pattern.compile("//|\\*\\*|==|!=|>=|<=|[-+/*%~\\[\\](){}<>=.:|,;]");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;
  private int counted;

  private Lexer(String source) {
    String unix = source.replace("\r\n", "\n").replace('\r', '\n');
    this.source = unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix;
  }

  static List<Token> tokens(String name, String source) {
    Lexer lexer = new Lexer(source);
    try {
      return lexer.all();
    } catch (TemplateException e) {
      throw e.at(name, lexer.lineAt(lexer.at));
    }
  }

  private List<Token> all() {
    while (at < source.length()) {
      Matcher tag = TAG.matcher(source);
      if (!tag.find(at)) {
        data(source.length());
        break;
      }
      tag(tag.start());
    }
    tokens.add(new Token(Kind.END, "", lineAt(source.length())));
    return tokens;
  }

  private void tag(int start) {
    char kind = source.charAt(start + 1);
    char sign = start + 2 < source.length() ? source.charAt(start + 2) : ' ';
    data(start, sign == '-' ? Trim.ALL : kind != '{' && sign != '+' ? Trim.LINE : Trim.NONE);
    Matcher raw = matching(RAW, start);
    if (raw != null) {
      raw(raw.end());
    } else if (kind == '#') {
      at = Math.max(at, start + 2);
      Matcher end = COMMENT_END.matcher(source);
      if (!end.find(at)) {
        throw failure("a comment {# without its #}");
      }
      at = end.end();
    } else {
      boolean block = kind == '%';
      token(block ? Kind.BLOCK_BEGIN : Kind.VARIABLE_BEGIN, source.substring(start, start + 2));
      // A plus before a variable is part of its expression.
      at = start + (sign == '-' || (block && sign == '+') ? 3 : 2);
      inside(block ? BLOCK_END : VARIABLE_END, block ? Kind.BLOCK_END : Kind.VARIABLE_END);
    }
  }

  private void raw(int start) {
    Matcher end = END_RAW.matcher(source);
    if (!end.find(start)) {
      throw failure("{% raw %} without its {% endraw %}");
    }
    at = start;
    Trim trim =
        switch (end.group(1)) {
          case "-" -> Trim.ALL;
          case "+" -> Trim.NONE;
          default -> Trim.LINE;
        };
    data(end.start(), trim);
    at = end.end();
  }

  private enum Trim {
    NONE,
    LINE,
    ALL
  }

  private void data(int end) {
    data(end, Trim.NONE);
  }

  /** The text up to a tag, without the space that the tag takes. */
  private void data(int end, Trim trim) {
    String text = source.substring(at, end);
    if (trim == Trim.ALL) {
      text = Text.strip(text, null, false, true);
    } else if (trim == Trim.LINE) {
      int begin = text.lastIndexOf('\n') + 1;
      boolean startsLine = begin > 0 || at == 0 || source.charAt(at - 1) == '\n';
      if (startsLine && Text.strip(text.substring(begin), null, true, true).isEmpty()) {
        text = text.substring(0, begin);
      }
    }
    if (!text.isEmpty()) {
      token(Kind.DATA, text);
    }
    at = end;
  }

  /** An expression's or a tag's tokens up to its end. */
  private void inside(Pattern end, Kind endKind) {
    Deque<Character> open = new ArrayDeque<>();
    while (true) {
      Matcher space = matching(SPACE, at);
      at = space == null ? at : space.end();
      Matcher last = open.isEmpty() ? matching(end, at) : null;
      if (last != null) {
        token(endKind, last.group().strip());
        at = last.end();
        return;
      }
      if (at == source.length()) {
        throw failure("a tag without its end");
      }
      one(open);
    }
  }

  private void one(Deque<Character> open) {
    boolean afterDot = !tokens.isEmpty() && tokens.get(tokens.size() - 1).is(Kind.OPERATOR, ".");
    if (!afterDot && take(FLOAT, Kind.FLOAT)) {
      return;
    }
    if (take(INTEGER, Kind.INTEGER) || take(NAME, Kind.NAME)) {
      return;
    }
    Matcher string = matching(STRING, at);
    if (string != null) {
      String written = string.group();
      token(Kind.STRING, StringLiteral.value(written.substring(1, written.length() - 1)));
      at = string.end();
      return;
    }
    int begin = at;
    if (!take(OPERATOR, Kind.OPERATOR)) {
      throw failure("the character '" + Character.toString(source.codePointAt(at)) + "'");
    }
    balance(open, source.charAt(begin));
  }

  private void balance(Deque<Character> open, char bracket) {
    int closing = ")]}".indexOf(bracket);
    if ("([{".indexOf(bracket) >= 0) {
      open.push(bracket);
    } else if (closing >= 0 && (open.isEmpty() || open.pop() != "([{".charAt(closing))) {
      throw failure("a '" + bracket + "' that closes nothing");
    }
  }

  private boolean take(Pattern pattern, Kind kind) {
    Matcher match = matching(pattern, at);
    if (match == null) {
      return false;
    }
    token(kind, match.group());
    at = match.end();
    return true;
  }

  private Matcher matching(Pattern pattern, int from) {
    Matcher matcher = pattern.matcher(source).region(from, source.length());
    return matcher.lookingAt() ? matcher : null;
  }

  private void token(Kind kind, String text) {
    tokens.add(new Token(kind, text, lineAt(at)));
  }

  private int lineAt(int position) {
    for (; counted < position; counted++) {
      line += source.charAt(counted) == '\n' ? 1 : 0;
    }
    return line;
  }

  private TemplateException failure(String what) {
    return new TemplateException(what + " can't be read");
  }
}
