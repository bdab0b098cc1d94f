package org.rlhf4j.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** What the operators between two values do. */
final class Operators {

  private Operators() {}

  /** Applies an arithmetic operator. */
  static Object apply(String operator, Object one, Object other) {
    Values.requireDefined(one);
    Values.requireDefined(other);
    Number first = Values.number(one);
    Number second = Values.number(other);
    if (first != null && second != null) {
      return first instanceof Long a && second instanceof Long b
          ? integers(operator, a, b)
          : floats(operator, first.doubleValue(), second.doubleValue());
    }
    if (operator.equals("+")) {
      return joined(one, other);
    }
    if (operator.equals("*") && (first instanceof Long || second instanceof Long)) {
      return first == null ? repeated(one, second.longValue()) : repeated(other, first.longValue());
    }
    if (operator.equals("%") && one instanceof String) {
      throw TemplateException.unsupported("formatting text with %");
    }
    throw unfit(operator, one, other);
  }

  private static TemplateException unfit(String operator, Object one, Object other) {
    return new TemplateException(
        operator + " between " + Values.typeName(one) + " and " + Values.typeName(other));
  }

  private static Object integers(String operator, long a, long b) {
    try {
      return switch (operator) {
        case "+" -> Math.addExact(a, b);
        case "-" -> Math.subtractExact(a, b);
        case "*" -> Math.multiplyExact(a, b);
        case "//" -> Math.floorDiv(a, b);
        case "%" -> Math.floorMod(a, b);
        case "/" -> floats(operator, (double) a, (double) b);
        default -> throw TemplateException.unsupported("the operator " + operator);
      };
    } catch (ArithmeticException e) {
      throw new TemplateException(a + " " + operator + " " + b + " can't be computed");
    }
  }

  private static Object floats(String operator, double a, double b) {
    if (b == 0 && !"+-*".contains(operator)) {
      throw new TemplateException(a + " " + operator + " 0 can't be computed");
    }
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / b;
      case "//" -> Math.floor(a / b);
      default -> throw TemplateException.unsupported("the operator " + operator + " on fractions");
    };
  }

  private static Object joined(Object one, Object other) {
    if (one instanceof String a && other instanceof String b) {
      return Text.concat(a, b);
    }
    boolean lists = one instanceof List && other instanceof List;
    if (!lists && !(one instanceof Tuple && other instanceof Tuple)) {
      throw unfit("+", one, other);
    }
    long size = Values.length(one) + Values.length(other);
    Text.requireRoom(size);
    Rendering.work(Rendering.ITEM * size);
    List<Object> all = new ArrayList<>(Values.items(one));
    all.addAll(Values.items(other));
    return lists ? all : new Tuple(all);
  }

  private static Object repeated(Object what, long times) {
    int count = (int) Math.max(0, Math.min(times, Text.LIMIT + 1L));
    if (what instanceof String text) {
      Text.requireRoom((long) text.length() * count);
      Rendering.work((long) text.length() * count);
      return text.repeat(count);
    }
    if (what instanceof List<?> list) {
      Text.requireRoom((long) list.size() * count);
      Rendering.work((long) Rendering.ITEM * list.size() * count);
      List<Object> all = new ArrayList<>();
      Collections.nCopies(count, list).forEach(all::addAll);
      return all;
    }
    throw unfit("*", what, times);
  }

  /** The operator {@code ~}: both as text. */
  static Object concat(Object one, Object other) {
    if (one instanceof SafeText || other instanceof SafeText) {
      throw TemplateException.unsupported("joining what the filter safe gave");
    }
    return Text.concat(Values.text(one), Values.text(other));
  }

  /** Applies a comparison, {@code in} or {@code not in}. */
  static boolean compare(String operator, Object one, Object other) {
    return switch (operator) {
      case "==" -> Values.equal(one, other);
      case "!=" -> !Values.equal(one, other);
      case "<" -> Values.compare(one, other) < 0;
      case "<=" -> Values.compare(one, other) <= 0;
      case ">" -> Values.compare(one, other) > 0;
      case ">=" -> Values.compare(one, other) >= 0;
      case "in" -> contains(other, one);
      case "not in" -> !contains(other, one);
      default -> throw TemplateException.unsupported("the operator " + operator);
    };
  }

  private static boolean contains(Object container, Object wanted) {
    if (container instanceof String text) {
      if (wanted instanceof String part) {
        Rendering.search(text, part);
        return text.contains(part);
      }
      throw unfit("in", wanted, container);
    }
    if (container instanceof Map<?, ?> map) {
      return map.containsKey(Values.key(wanted));
    }
    return Values.items(container).stream().anyMatch(item -> Values.equal(item, wanted));
  }

  /** Negates a number. */
  static Object negated(Object value) {
    return value instanceof Double number ? -number : apply("-", 0L, value);
  }
}
