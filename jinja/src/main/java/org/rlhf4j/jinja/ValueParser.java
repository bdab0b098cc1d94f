package org.rlhf4j.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rlhf4j.jinja.Token.Kind;

/**
 * Reads single values and what follows them: {@code .name}, {@code [key]}, {@code (arguments)},
 * {@code | filter} and {@code is test}.
 */
final class ValueParser {

  /** What ends a test that could else have an argument without parentheses. */
  private static final Set<String> NO_ARGUMENT = Set.of("else", "or", "and");

  private final Tokens tokens;
  private final ExpressionParser expressions;

  ValueParser(Tokens tokens, ExpressionParser expressions) {
    this.tokens = tokens;
    this.expressions = expressions;
  }

  /** A name, a literal or what stands in brackets. */
  Expression primary() {
    Token token = tokens.next();
    return switch (token.kind()) {
      case NAME -> name(token.text());
      case INTEGER -> constant(integer(token.text()));
      case FLOAT -> constant(Double.valueOf(token.text().replace("_", "")));
      case STRING -> constant(string(token.text()));
      case OPERATOR -> bracketed(token);
      default -> throw unexpected(token);
    };
  }

  private static Expression constant(Object value) {
    return scope -> value;
  }

  private static Expression name(String name) {
    return switch (name) {
      case "true", "True" -> constant(true);
      case "false", "False" -> constant(false);
      case "none", "None" -> constant(null);
      default -> scope -> scope.get(name);
    };
  }

  private static Long integer(String written) {
    try {
      return Long.valueOf(written.replace("_", ""));
    } catch (NumberFormatException e) {
      throw TemplateException.unsupported("the number " + written);
    }
  }

  /** Strings that follow each other are one. */
  private String string(String first) {
    StringBuilder text = new StringBuilder(first);
    while (tokens.peek().kind() == Kind.STRING) {
      text.append(tokens.next().text());
    }
    return text.toString();
  }

  private Expression bracketed(Token open) {
    return switch (open.text()) {
      case "(" -> parenthesized();
      case "[" -> {
        List<Expression> items = items("]");
        yield scope -> values(items, scope);
      }
      case "{" -> dictionary();
      default -> throw unexpected(open);
    };
  }

  private Expression parenthesized() {
    if (tokens.skip(")")) {
      return scope -> Tuple.of();
    }
    Expression value = expressions.tuple();
    tokens.expect(")");
    return value;
  }

  private List<Expression> items(String close) {
    List<Expression> items = new ArrayList<>();
    while (!tokens.skip(close)) {
      items.add(expressions.expression());
      if (!tokens.peek().is(Kind.OPERATOR, close)) {
        tokens.expect(",");
      }
    }
    return items;
  }

  private Expression dictionary() {
    Map<Expression, Expression> entries = new LinkedHashMap<>();
    while (!tokens.skip("}")) {
      Expression key = expressions.expression();
      tokens.expect(":");
      entries.put(key, expressions.expression());
      if (!tokens.peek().is(Kind.OPERATOR, "}")) {
        tokens.expect(",");
      }
    }
    return scope -> {
      Map<Object, Object> map = new LinkedHashMap<>();
      entries.forEach((key, value) -> map.put(Values.key(key.value(scope)), value.value(scope)));
      return map;
    };
  }

  /** A value with its members and calls. */
  Expression postfix(Expression of) {
    Expression value = of;
    while (true) {
      Expression base = value;
      if (tokens.skip(".")) {
        Token member = tokens.next();
        value = member(base, member);
      } else if (tokens.skip("[")) {
        value = subscript(base);
      } else if (tokens.peek().is(Kind.OPERATOR, "(")) {
        Call call = arguments("a function");
        value = scope -> call(base.value(scope), call.evaluate(scope));
      } else {
        return value;
      }
    }
  }

  private static Expression member(Expression of, Token name) {
    return switch (name.kind()) {
      case NAME -> scope -> Members.attribute(of.value(scope), name.text());
      case INTEGER -> scope -> Members.item(of.value(scope), integer(name.text()));
      default -> throw unexpected(name);
    };
  }

  private Expression subscript(Expression of) {
    Expression from = tokens.peek().is(Kind.OPERATOR, ":") ? null : expressions.expression();
    if (tokens.skip("]")) {
      return scope -> Members.item(of.value(scope), from.value(scope));
    }
    tokens.expect(":");
    Expression to = bound();
    Expression by = tokens.skip(":") ? bound() : null;
    tokens.expect("]");
    return scope ->
        Members.slice(of.value(scope), value(from, scope), value(to, scope), value(by, scope));
  }

  private Expression bound() {
    boolean open = tokens.peek().is(Kind.OPERATOR, ":") || tokens.peek().is(Kind.OPERATOR, "]");
    return open ? null : expressions.expression();
  }

  private static Object value(Expression expression, Scope scope) {
    return expression == null ? null : expression.value(scope);
  }

  private static Object call(Object function, Arguments arguments) {
    Values.requireDefined(function);
    if (function instanceof Callable callable) {
      return callable.call(arguments);
    }
    throw new TemplateException(Values.typeName(function) + " can't be called");
  }

  /** What stands between a call's parentheses. */
  private record Call(String of, List<Expression> positional, Map<String, Expression> named) {

    Arguments evaluate(Scope scope) {
      scope.rendering().step();
      Map<String, Object> values = new LinkedHashMap<>();
      named.forEach((name, value) -> values.put(name, value.value(scope)));
      return new Arguments(of, values(positional, scope), values);
    }
  }

  private Call arguments(String of) {
    List<Expression> positional = new ArrayList<>();
    Map<String, Expression> named = new LinkedHashMap<>();
    tokens.expect("(");
    while (!tokens.skip(")")) {
      if (tokens.peek().is(Kind.OPERATOR, "*") || tokens.peek().is(Kind.OPERATOR, "**")) {
        throw TemplateException.unsupported("an argument list with " + tokens.peek().text());
      }
      if (tokens.peek().kind() == Kind.NAME && tokens.second().is(Kind.OPERATOR, "=")) {
        String name = tokens.next().text();
        tokens.next();
        named.put(name, expressions.expression());
      } else if (named.isEmpty()) {
        positional.add(expressions.expression());
      } else {
        throw new TemplateException("an argument without a name after one with a name");
      }
      if (!tokens.peek().is(Kind.OPERATOR, ")")) {
        tokens.expect(",");
      }
    }
    return new Call(of, positional, named);
  }

  /** A value with its filters and tests. */
  Expression filtered(Expression of) {
    Expression value = of;
    while (true) {
      if (tokens.skip("|")) {
        value = filter(value);
      } else if (tokens.skipName("is")) {
        value = test(value);
      } else if (tokens.peek().is(Kind.OPERATOR, "(")) {
        value = postfix(value);
      } else {
        return value;
      }
    }
  }

  private Expression filter(Expression of) {
    String name = tokens.expectName();
    Call call =
        tokens.peek().is(Kind.OPERATOR, "(")
            ? arguments(name)
            : new Call(name, List.of(), Map.of());
    return scope -> Filters.apply(of.value(scope), call.evaluate(scope));
  }

  private Expression test(Expression of) {
    boolean wanted = !tokens.skipName("not");
    String name = tokens.expectName();
    Call call = new Call(name, List.of(), Map.of());
    Token next = tokens.peek();
    if (next.is(Kind.OPERATOR, "(")) {
      call = arguments(name);
    } else if (beginsArgument(next)) {
      call = new Call(name, List.of(postfix(primary())), Map.of());
    }
    Call arguments = call;
    return scope -> Conditions.holds(of.value(scope), arguments.evaluate(scope)) == wanted;
  }

  private static boolean beginsArgument(Token token) {
    return switch (token.kind()) {
      case STRING, INTEGER, FLOAT -> true;
      case NAME -> !NO_ARGUMENT.contains(token.text());
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      default -> false;
    };
  }

  /** The values of several expressions. */
  static List<Object> values(List<Expression> expressions, Scope scope) {
    List<Object> values = new ArrayList<>();
    expressions.forEach(expression -> values.add(expression.value(scope)));
    return values;
  }

  private static TemplateException unexpected(Token token) {
    return new TemplateException("unexpected " + token.shown());
  }
}
