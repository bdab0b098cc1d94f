package org.rlhf4j.jinja;

import java.util.List;
import java.util.Set;
import org.rlhf4j.jinja.Token.Kind;

/** A template's tokens as its parsers go through them. */
final class Tokens {

  private final List<Token> tokens;
  private int at;

  Tokens(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(at);
  }

  /** The token after the next one. */
  Token second() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = peek();
    at = Math.min(at + 1, tokens.size() - 1); // the end stays
    return token;
  }

  boolean skip(String operator) {
    return skip(Kind.OPERATOR, operator);
  }

  boolean skipName(String name) {
    return skip(Kind.NAME, name);
  }

  private boolean skip(Kind kind, String text) {
    boolean there = peek().is(kind, text);
    if (there) {
      next();
    }
    return there;
  }

  /** Skips one of some operators and returns it, or null. */
  String skipAny(Set<String> operators) {
    boolean there = peek().kind() == Kind.OPERATOR && operators.contains(peek().text());
    return there ? next().text() : null;
  }

  void expect(String operator) {
    if (!skip(operator)) {
      throw new TemplateException(
          "\"" + operator + "\" instead of " + peek().shown() + " expected");
    }
  }

  void expect(Kind kind) {
    if (peek().kind() != kind) {
      throw new TemplateException("unexpected " + peek().shown());
    }
    next();
  }

  String expectName() {
    Token token = next();
    if (token.kind() != Kind.NAME) {
      throw new TemplateException("a name instead of " + token.shown() + " expected");
    }
    return token.text();
  }

  /** Whether no further item of a tuple can follow. */
  boolean endsExpression() {
    Token token = peek();
    return switch (token.kind()) {
      case BLOCK_END, VARIABLE_END, END -> true;
      case OPERATOR -> token.text().equals(")");
      default -> false;
    };
  }
}
