package org.rlhf4j.jinja;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Python's values in Java: None is null, int a Long, float a Double, str a String, list a List,
 * dict a Map; true and false count as 1 and 0.
 */
final class Values {

  private Values() {}

  /** A value from outside in the types of templates, copied. */
  static Object of(Object given) {
    if (given instanceof Integer number) {
      return number.longValue();
    }
    if (given instanceof List<?> list) {
      List<Object> copy = new ArrayList<>();
      list.forEach(item -> copy.add(of(item)));
      return copy;
    }
    if (given instanceof Map<?, ?> map) {
      Map<Object, Object> copy = new LinkedHashMap<>();
      map.forEach((key, value) -> copy.put(key, of(value)));
      return copy;
    }
    boolean known =
        given == null
            || given instanceof String
            || given instanceof Boolean
            || given instanceof Long
            || given instanceof Double;
    if (!known) {
      throw new IllegalArgumentException(given.getClass() + " is no value of a template");
    }
    return given;
  }

  /** How many characters a value from outside has, each key and value counting as one more. */
  static long characters(Object value) {
    if (value instanceof String text) {
      return 1L + text.length();
    }
    if (value instanceof List<?> list) {
      return 1 + list.stream().mapToLong(Values::characters).sum();
    }
    if (value instanceof Map<?, ?> map) {
      return 1
          + map.entrySet().stream()
              .mapToLong(e -> characters(e.getKey()) + characters(e.getValue()))
              .sum();
    }
    return 1;
  }

  static boolean isTrue(Object value) {
    if (value == null || value instanceof Undefined) {
      return false;
    }
    if (value instanceof String text) {
      return !text.isEmpty();
    }
    if (value instanceof Boolean truth) {
      return truth;
    }
    if (value instanceof Number number) {
      return number.doubleValue() != 0;
    }
    if (value instanceof Iteration iteration) {
      return !iteration.sized() || !iteration.items().isEmpty();
    }
    return !hasLength(value) || length(value) > 0;
  }

  static boolean hasLength(Object value) {
    return value instanceof String
        || value instanceof SafeText
        || value instanceof List
        || value instanceof Tuple
        || value instanceof Map
        || value instanceof Undefined
        || (value instanceof Iteration iteration && iteration.sized());
  }

  static long length(Object value) {
    if (value instanceof String text) {
      Rendering.work(text.length());
      return text.codePointCount(0, text.length());
    }
    if (value instanceof SafeText safe) {
      return length(safe.text());
    }
    if (value instanceof Map<?, ?> map) {
      return map.size();
    }
    if (!hasLength(value)) {
      throw new TemplateException(typeName(value) + " has no length");
    }
    return items(value).size();
  }

  /** What a loop goes over: a text's characters, a map's keys. */
  static List<Object> items(Object value) {
    if (value instanceof List<?> list) {
      return Collections.unmodifiableList(list);
    }
    if (value instanceof Tuple tuple) {
      return tuple.items();
    }
    if (value instanceof Iteration iteration) {
      return iteration.items();
    }
    if (value instanceof Map<?, ?> map) {
      Rendering.work((long) Rendering.ITEM * map.size());
      return new ArrayList<>(map.keySet());
    }
    if (value instanceof String text) {
      Rendering.work((long) Rendering.VALUE * text.length());
      return new ArrayList<>(text.codePoints().mapToObj(Character::toString).toList());
    }
    if (value instanceof Undefined) {
      return List.of();
    }
    throw new TemplateException(typeName(value) + " can't be gone over");
  }

  /** A Long or a Double; null for what is no number. */
  static Number number(Object value) {
    if (value instanceof Boolean truth) {
      return truth ? 1L : 0L;
    }
    return value instanceof Number number ? number : null;
  }

  static boolean equal(Object one, Object other) {
    Rendering.work(Rendering.ITEM);
    Number first = number(one);
    Number second = number(other);
    if (first instanceof Long a && second instanceof Long b) {
      return a.equals(b);
    }
    if (first != null && second != null) {
      return first.doubleValue() == second.doubleValue();
    }
    if (one instanceof List<?> a && other instanceof List<?> b) {
      return equalItems(a, b);
    }
    if (one instanceof Tuple a && other instanceof Tuple b) {
      return equalItems(a.items(), b.items());
    }
    if (one instanceof Iteration a && other instanceof Iteration b) {
      return equalItems(a.items(), b.items());
    }
    if (one instanceof Map<?, ?> a && other instanceof Map<?, ?> b) {
      return a.size() == b.size()
          && a.keySet().stream().allMatch(k -> b.containsKey(key(k)) && equal(a.get(k), b.get(k)));
    }
    if (one instanceof Undefined && other instanceof Undefined) {
      return true;
    }
    if (plain(one) instanceof String a && plain(other) instanceof String b) {
      return equalTexts(a, b);
    }
    return Objects.equals(one, other);
  }

  private static boolean equalTexts(String one, String other) {
    Rendering.work(one.length() == other.length() ? one.length() : 0);
    return one.equals(other);
  }

  /** A dictionary's key, which Python refuses where it could change. */
  static Object key(Object value) {
    Rendering.work(Rendering.ITEM);
    if (value instanceof Tuple tuple) {
      tuple.items().forEach(Values::key);
    } else if (value instanceof List || value instanceof Map) {
      throw new TemplateException(typeName(value) + " can't be a key");
    }
    return value;
  }

  private static Object plain(Object value) {
    return value instanceof SafeText safe ? safe.text() : value;
  }

  private static boolean equalItems(List<?> one, List<?> other) {
    Iterator<?> others = other.iterator();
    return one.size() == other.size() && one.stream().allMatch(item -> equal(item, others.next()));
  }

  /** The order of numbers or of texts. */
  static int compare(Object one, Object other) {
    Rendering.work(Rendering.ITEM);
    Number first = number(one);
    Number second = number(other);
    if (first != null && second != null) {
      return compareNumbers(first, second);
    }
    if (one instanceof String a && other instanceof String b) {
      return Text.compare(a, b);
    }
    requireDefined(one);
    requireDefined(other);
    throw new TemplateException(
        typeName(one) + " and " + typeName(other) + " have no order between them");
  }

  /** The order of all whole numbers and fractions in one row, as sorting needs it. */
  private static int compareNumbers(Number one, Number other) {
    if (one instanceof Long a && other instanceof Long b) {
      return Long.compare(a, b);
    }
    double first = one.doubleValue();
    double second = other.doubleValue();
    return first == second && Double.isFinite(first)
        ? new BigDecimal(one.toString()).compareTo(new BigDecimal(other.toString()))
        : Double.compare(first, second);
  }

  /** As {@code str()} writes it. */
  static String text(Object value) {
    if (value instanceof String text) {
      return text;
    }
    if (value instanceof SafeText safe) {
      return safe.text();
    }
    return value instanceof Undefined ? "" : repr(value);
  }

  /** As {@code repr()} writes it. */
  static String repr(Object value) {
    Rendering.work(Rendering.ITEM);
    if (value == null) {
      return "None";
    }
    if (value instanceof Boolean truth) {
      return truth ? "True" : "False";
    }
    if (value instanceof Double number) {
      return repr(number.doubleValue());
    }
    if (value instanceof Long) {
      return value.toString();
    }
    if (value instanceof String text) {
      return Text.repr(text);
    }
    if (value instanceof List<?> list) {
      return "[" + joined(list) + "]";
    }
    if (value instanceof Tuple tuple) {
      return "(" + joined(tuple.items()) + (tuple.items().size() == 1 ? ",)" : ")");
    }
    if (value instanceof Map<?, ?> map) {
      List<String> entries = new ArrayList<>();
      map.forEach((key, item) -> entries.add(Text.concat(repr(key) + ": ", repr(item))));
      return "{" + joinedTexts(entries) + "}";
    }
    throw TemplateException.unsupported("writing " + typeName(value) + " as text");
  }

  private static String joined(List<?> items) {
    List<String> texts = new ArrayList<>();
    items.forEach(item -> texts.add(repr(item)));
    return joinedTexts(texts);
  }

  private static String joinedTexts(List<String> texts) {
    long length = texts.stream().mapToLong(text -> text.length() + 2L).sum();
    Text.requireRoom(length);
    Rendering.work(length);
    return String.join(", ", texts);
  }

  /** Python writes exponents from 1e16 on and below 1e-4. */
  static String repr(double number) {
    if (!Double.isFinite(number)) {
      return Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
    }
    BigDecimal digits = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    int exponent = digits.precision() - digits.scale() - 1;
    if (number == 0) {
      return 1 / number < 0 ? "-0.0" : "0.0";
    }
    if (exponent >= -4 && exponent < 16) {
      String plain = digits.toPlainString();
      return plain.contains(".") ? plain : plain + ".0";
    }
    String mantissa = digits.scaleByPowerOfTen(-exponent).toPlainString();
    return String.format(
        Locale.ROOT, "%se%s%02d", mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  static void requireDefined(Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.failure();
    }
  }

  /** A value's type in words. */
  static String typeName(Object value) {
    if (value == null) {
      return "none";
    }
    if (value instanceof String || value instanceof SafeText) {
      return "text";
    }
    if (value instanceof Boolean) {
      return "a truth value";
    }
    if (value instanceof Number) {
      return "a number";
    }
    if (value instanceof List) {
      return "a list";
    }
    if (value instanceof Map) {
      return "a dictionary";
    }
    if (value instanceof Callable) {
      return "a function";
    }
    return value instanceof Undefined undefined
        ? "nothing (" + undefined.what() + ")"
        : "a " + value.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT);
  }
}
