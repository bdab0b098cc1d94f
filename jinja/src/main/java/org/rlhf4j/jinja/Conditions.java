package org.rlhf4j.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/** Jinja's tests: {@code value is name}. */
final class Conditions {

  private interface Condition {
    boolean holds(Object value, Arguments arguments);
  }

  private static final Map<String, Condition> CONDITIONS =
      Map.ofEntries(
          Map.entry("boolean", plain(v -> v instanceof Boolean)),
          Map.entry("callable", plain(v -> v instanceof Callable)),
          Map.entry("defined", plain(v -> !(v instanceof Undefined))),
          Map.entry("divisibleby", (v, a) -> isZero(Operators.apply("%", v, other(a)))),
          Map.entry("even", plain(v -> isZero(Operators.apply("%", v, 2L)))),
          Map.entry("false", plain(Boolean.FALSE::equals)),
          Map.entry("float", plain(v -> v instanceof Double)),
          Map.entry("in", (v, a) -> Operators.compare("in", v, other(a))),
          Map.entry("integer", plain(v -> v instanceof Long)),
          Map.entry("iterable", plain(Conditions::isIterable)),
          Map.entry("lower", plain(v -> isCase(v, "islower"))),
          Map.entry("mapping", plain(v -> v instanceof Map)),
          Map.entry("none", plain(v -> v == null)),
          Map.entry("number", plain(v -> Values.number(v) != null)),
          Map.entry("odd", plain(v -> !isZero(Operators.apply("%", v, 2L)))),
          Map.entry("sameas", (v, a) -> isSame(v, other(a))),
          Map.entry("sequence", plain(Conditions::isSequence)),
          Map.entry("string", plain(v -> v instanceof String || v instanceof SafeText)),
          Map.entry("true", plain(Boolean.TRUE::equals)),
          Map.entry("undefined", plain(v -> v instanceof Undefined)),
          Map.entry("upper", plain(v -> isCase(v, "isupper"))));

  /** Comparisons by name. */
  private static final Map<String, String> COMPARISONS =
      Map.ofEntries(
          Map.entry("eq", "=="),
          Map.entry("equalto", "=="),
          Map.entry("ne", "!="),
          Map.entry("lt", "<"),
          Map.entry("lessthan", "<"),
          Map.entry("le", "<="),
          Map.entry("gt", ">"),
          Map.entry("greaterthan", ">"),
          Map.entry("ge", ">="));

  private Conditions() {}

  static boolean holds(Object value, Arguments arguments) {
    String name = arguments.of().toLowerCase(Locale.ROOT).equals("none") ? "none" : arguments.of();
    Condition condition = CONDITIONS.get(name);
    if (condition != null) {
      return condition.holds(value, arguments);
    }
    String operator = COMPARISONS.getOrDefault(name, COMPARISONS.containsValue(name) ? name : null);
    if (operator == null) {
      throw TemplateException.unsupported("the test is " + name);
    }
    return Operators.compare(operator, value, other(arguments));
  }

  private static Condition plain(Predicate<Object> holds) {
    return (value, arguments) -> {
      arguments.accept();
      return holds.test(value);
    };
  }

  private static Object other(Arguments arguments) {
    return arguments.accept("other").get(0, "other");
  }

  private static boolean isZero(Object number) {
    return Values.equal(number, 0L);
  }

  private static boolean isIterable(Object value) {
    return value instanceof Iteration || Values.hasLength(value);
  }

  private static boolean isSequence(Object value) {
    return Values.hasLength(value) && !(value instanceof Iteration);
  }

  private static boolean isCase(Object value, String method) {
    Callable test = (Callable) StringMethods.of(Values.text(value), method);
    return (Boolean) test.call(new Arguments(method, List.of(), Map.of()));
  }

  /** Identity, which only none and truth values have for certain. */
  private static boolean isSame(Object one, Object other) {
    if (one == null || other == null || one instanceof Boolean || other instanceof Boolean) {
      return one == null ? other == null : one.equals(other);
    }
    throw TemplateException.unsupported("is sameas with " + Values.typeName(other));
  }
}
