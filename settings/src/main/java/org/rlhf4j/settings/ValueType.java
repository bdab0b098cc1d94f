package org.rlhf4j.settings;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * How one type of setting is read from text and written back.
 *
 * @param label what stands for the value in help, such as {@code N} or {@code clip|vanilla}
 * @param expected what a wrong value is told to be, such as "a whole number"
 * @param choices the names of an enum's constants, else empty
 * @param splits whether commas separate the items of a list of these
 * @param javaType the boxed Java type
 * @param parser from text; throws {@link IllegalArgumentException} or {@link UsageException}
 * @param fieldsParser from a YAML mapping of single values; null where it takes none
 * @param formatter back to text that the parser reads
 */
public record ValueType(
    String label,
    String expected,
    List<String> choices,
    boolean splits,
    Class<?> javaType,
    Function<String, Object> parser,
    Function<Map<String, String>, Object> fieldsParser,
    Function<Object, String> formatter) {

  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?");

  private static final Map<Class<?>, Class<?>> BOXED =
      Map.of(
          int.class, Integer.class,
          long.class, Long.class,
          double.class, Double.class,
          boolean.class, Boolean.class);

  /**
   * The type of settings of a Java type.
   *
   * @throws IllegalArgumentException where there is none: a fault of the settings record
   */
  static ValueType of(Class<?> javaType) {
    Class<?> type = BOXED.getOrDefault(javaType, javaType);
    if (type == Integer.class) {
      return simple("N", "a whole number", true, type, Integer::valueOf);
    }
    if (type == Long.class) {
      return simple("N", "a whole number", true, type, Long::valueOf);
    }
    if (type == Double.class) {
      Function<Object, String> formatter = value -> number((Double) value);
      return new ValueType(
          "X", "a number", List.of(), true, type, ValueType::parseNumber, null, formatter);
    }
    if (type == Boolean.class) {
      return simple("true|false", "true or false", false, type, ValueType::parseBoolean);
    }
    if (type == String.class) {
      return simple("TEXT", "a text", false, type, text -> text);
    }
    if (type == Path.class) {
      return simple("PATH", "a path", false, type, ValueType::parsePath);
    }
    return type.isEnum() ? enumeration(type) : parsed(type);
  }

  /** A number in its shortest form: 1, 0.95, 1e-5. */
  static String number(double value) {
    String text = Double.toString(value).replace("E", "e");
    int exponent = text.indexOf('e');
    String digits = exponent < 0 ? text : text.substring(0, exponent);
    String power = exponent < 0 ? "" : text.substring(exponent);
    return (digits.endsWith(".0") ? digits.substring(0, digits.length() - 2) : digits) + power;
  }

  /** camelCase and UPPER_CASE as kebab-case. */
  static String kebab(String name) {
    return name.replace('_', '-')
        .replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-")
        .toLowerCase(Locale.ROOT);
  }

  private static ValueType simple(
      String label,
      String expected,
      boolean splits,
      Class<?> type,
      Function<String, Object> parser) {
    return new ValueType(label, expected, List.of(), splits, type, parser, null, String::valueOf);
  }

  private static ValueType enumeration(Class<?> type) {
    List<String> choices = new ArrayList<>();
    for (Object constant : type.getEnumConstants()) {
      choices.add(kebab(((Enum<?>) constant).name()));
    }
    Function<String, Object> parser =
        text -> {
          int index = choices.indexOf(text);
          if (index < 0) {
            throw new IllegalArgumentException(text);
          }
          return type.getEnumConstants()[index];
        };
    String expected = "one of " + String.join(", ", choices);
    Function<Object, String> formatter = value -> kebab(((Enum<?>) value).name());
    return new ValueType(
        String.join("|", choices), expected, choices, true, type, parser, null, formatter);
  }

  private static ValueType parsed(Class<?> type) {
    Method parse =
        factory(type, String.class)
            .orElseThrow(
                () -> new IllegalArgumentException("no setting can be a " + type.getName()));
    String name = kebab(type.getSimpleName());
    return new ValueType(
        name.replace('-', '_').toUpperCase(Locale.ROOT),
        "a " + name.replace('-', ' '),
        List.of(),
        false,
        type,
        caller(parse),
        factory(type, Map.class).map(ValueType::<Map<String, String>>caller).orElse(null),
        String::valueOf);
  }

  /** Whether a YAML mapping can stand for one value. */
  boolean takesFields() {
    return fieldsParser != null;
  }

  /** Whether a type reads itself from text, which a record that is a group doesn't. */
  static boolean readsItself(Class<?> type) {
    return factory(type, String.class).isPresent();
  }

  private static Optional<Method> factory(Class<?> type, Class<?> from) {
    for (Method method : type.getDeclaredMethods()) {
      if (method.getName().equals("parse")
          && Modifier.isStatic(method.getModifiers())
          && method.getReturnType() == type
          && List.of(method.getParameterTypes()).equals(List.of(from))) {
        method.setAccessible(true);
        return Optional.of(method);
      }
    }
    return Optional.empty();
  }

  private static <W> Function<W, Object> caller(Method parse) {
    return written -> call(parse, written);
  }

  private static Object call(Method parse, Object written) {
    try {
      return parse.invoke(null, written);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object parseNumber(String text) {
    if (!NUMBER.matcher(text).matches() || Double.isInfinite(Double.parseDouble(text))) {
      throw new IllegalArgumentException(text);
    }
    return Double.valueOf(text);
  }

  private static Object parseBoolean(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(text);
    };
  }

  private static Object parsePath(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("empty");
    }
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}
