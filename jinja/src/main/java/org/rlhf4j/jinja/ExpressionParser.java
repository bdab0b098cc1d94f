package org.rlhf4j.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.rlhf4j.jinja.Token.Kind;

/**
 * Reads expressions. From the loosest operator to the tightest: {@code a if b else c}, {@code or},
 * {@code and}, {@code not}, comparisons, {@code + -}, {@code ~}, {@code * / // %}, a sign; then
 * what {@link ValueParser} reads.
 */
final class ExpressionParser {

  private static final int DEPTH = 200;
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");

  private final Tokens tokens;
  private final ValueParser values;
  private int depth;

  ExpressionParser(Tokens tokens) {
    this.tokens = tokens;
    this.values = new ValueParser(tokens, this);
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
    return several ? scope -> new Tuple(ValueParser.values(items, scope)) : items.get(0);
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
      value = values.primary();
    }
    value = values.postfix(value);
    return filtered ? values.filtered(value) : value;
  }
}
