package org.rlhf4j.model.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rlhf4j.model.jinja.Token.Kind;

/**
 * Reads expressions. From the loosest operator to the tightest: {@code a if b else c}, {@code or},
 * {@code and}, {@code not}, comparisons, {@code + -}, {@code ~}, {@code * / // %}, a sign; then
 * what follows a value: {@code .name}, {@code [key]}, {@code (arguments)}, {@code | filter} and
 * {@code is test}.
 */
final class ExpressionParser {

  private static final int DEPTH = 200;
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");

  /** What ends a test that could else have an argument without parentheses. */
  private static final Set<String> NO_ARGUMENT = Set.of("else", "or", "and");

  private final Tokens tokens;
  private int depth;

  ExpressionParser(Tokens tokens) {
    this.tokens = tokens;
  }

  /** One expression, or several between commas as a tuple. */
  Expression tuple() {
    return tuple(true);
  }

  /** As {@link #tuple}, but an {@code if} after it belongs to the loop that it is for. */
  Expression iterable() {
    return tuple(false);
  }

  private Expression tuple(boolean conditional) {
    List<Expression> items = new ArrayList<>();
    boolean several = false;
    while (items.isEmpty() || !tokens.endsExpression()) {
      items.add(conditional ? expression() : or());
      if (!tokens.skip(",")) {
        break;
      }
      several = true;
    }
    return several ? scope -> new Tuple(values(items, scope)) : items.get(0);
  }

  Expression expression() {
    if (++depth > DEPTH) {
      throw new TemplateException("expressions in each other more than " + DEPTH + " deep");
    }
    Expression value = or();
    while (tokens.skipName("if")) {
      Expression then = value;
      Expression condition = or();
      Expression otherwise = tokens.skipName("else") ? expression() : MISSING;
      value = scope -> condition.holds(scope) ? then.value(scope) : otherwise.value(scope);
    }
    depth--;
    return value;
  }

  private static final Expression MISSING =
      scope -> new Undefined("an if without else, whose condition doesn't hold, has no value");

  private Expression or() {
    Expression left = and();
    while (tokens.skipName("or")) {
      Expression one = left;
      Expression other = and();
      left =
          scope -> {
            Object value = one.value(scope);
            return Values.isTrue(value) ? value : other.value(scope);
          };
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.skipName("and")) {
      Expression one = left;
      Expression other = not();
      left =
          scope -> {
            Object value = one.value(scope);
            return Values.isTrue(value) ? other.value(scope) : value;
          };
    }
    return left;
  }

  private Expression not() {
    int negations = 0;
    while (tokens.skipName("not")) {
      negations++;
    }
    Expression value = comparison();
    if (negations == 0) {
      return value;
    }
    boolean wanted = negations % 2 == 0;
    return scope -> value.holds(scope) == wanted;
  }

  /** One comparison or a chain of them: a &lt; b &lt; c. */
  private Expression comparison() {
    Expression first = sum();
    List<String> operators = new ArrayList<>();
    List<Expression> operands = new ArrayList<>();
    for (String operator = comparator(); operator != null; operator = comparator()) {
      operators.add(operator);
      operands.add(sum());
    }
    if (operators.isEmpty()) {
      return first;
    }
    return scope -> {
      Object left = first.value(scope);
      for (int i = 0; i < operators.size(); i++) {
        Object right = operands.get(i).value(scope);
        if (!Operators.compare(operators.get(i), left, right)) {
          return false;
        }
        left = right;
      }
      return true;
    };
  }

  private String comparator() {
    if (tokens.skipName("in")) {
      return "in";
    }
    if (tokens.peek().is(Kind.NAME, "not") && tokens.second().is(Kind.NAME, "in")) {
      tokens.next();
      tokens.next();
      return "not in";
    }
    return tokens.skipAny(COMPARISONS);
  }

  private Expression sum() {
    Expression left = concatenation();
    String operator = tokens.skipAny(Set.of("+", "-"));
    while (operator != null) {
      left = operation(operator, left, concatenation());
      operator = tokens.skipAny(Set.of("+", "-"));
    }
    return left;
  }

  private Expression concatenation() {
    Expression left = product();
    while (tokens.skip("~")) {
      Expression one = left;
      Expression other = product();
      left = scope -> Operators.concat(one.value(scope), other.value(scope));
    }
    return left;
  }

  private Expression product() {
    Expression left = signed(true);
    String operator = tokens.skipAny(PRODUCTS);
    while (operator != null) {
      left = operation(operator, left, signed(true));
      operator = tokens.skipAny(PRODUCTS);
    }
    if (tokens.peek().is(Kind.OPERATOR, "**")) {
      throw TemplateException.unsupported("the operator **");
    }
    return left;
  }

  private static Expression operation(String operator, Expression one, Expression other) {
    return scope -> Operators.apply(operator, one.value(scope), other.value(scope));
  }

  private Expression signed(boolean filtered) {
    Expression value;
    if (tokens.skip("-")) {
      Expression operand = signed(false);
      value = scope -> Operators.negated(operand.value(scope));
    } else if (tokens.skip("+")) {
      Expression operand = signed(false);
      value = scope -> Operators.apply("+", 0L, operand.value(scope));
    } else {
      value = primary();
    }
    value = postfix(value);
    return filtered ? filtered(value) : value;
  }

  private Expression primary() {
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
    Expression value = tuple();
    tokens.expect(")");
    return value;
  }

  private List<Expression> items(String close) {
    List<Expression> items = new ArrayList<>();
    while (!tokens.skip(close)) {
      items.add(expression());
      if (!tokens.peek().is(Kind.OPERATOR, close)) {
        tokens.expect(",");
      }
    }
    return items;
  }

  private Expression dictionary() {
    Map<Expression, Expression> entries = new LinkedHashMap<>();
    while (!tokens.skip("}")) {
      Expression key = expression();
      tokens.expect(":");
      entries.put(key, expression());
      if (!tokens.peek().is(Kind.OPERATOR, "}")) {
        tokens.expect(",");
      }
    }
    return scope -> {
      Map<Object, Object> map = new LinkedHashMap<>();
      entries.forEach((key, value) -> map.put(key.value(scope), value.value(scope)));
      return map;
    };
  }

  private Expression postfix(Expression of) {
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
    Expression from = tokens.peek().is(Kind.OPERATOR, ":") ? null : expression();
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
    return open ? null : expression();
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
        named.put(name, expression());
      } else if (named.isEmpty()) {
        positional.add(expression());
      } else {
        throw new TemplateException("an argument without a name after one with a name");
      }
      if (!tokens.peek().is(Kind.OPERATOR, ")")) {
        tokens.expect(",");
      }
    }
    return new Call(of, positional, named);
  }

  private Expression filtered(Expression of) {
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

  /** A filter after its bar. */
  Expression filter(Expression of) {
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

  private static List<Object> values(List<Expression> expressions, Scope scope) {
    List<Object> values = new ArrayList<>();
    expressions.forEach(expression -> values.add(expression.value(scope)));
    return values;
  }

  private static TemplateException unexpected(Token token) {
    return new TemplateException("unexpected " + token.shown());
  }
}
