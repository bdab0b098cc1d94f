package org.rlhf4j.model.gguf;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;
import org.rlhf4j.settings.UserException;

/**
 * The keys of a GGUF file and what they hold: a {@code Long}, a {@code Float}, a {@code Double}, a
 * {@code Boolean}, a {@code String}, or a list of these.
 *
 * @param file for messages
 * @param values what the file has, by key
 */
record GgufMetadata(Path file, Map<String, Object> values) {

  boolean has(String key) {
    return values.containsKey(key);
  }

  /** A string, which has to be there. */
  String text(String key) {
    return require(key, String.class, "a string");
  }

  String text(String key, String otherwise) {
    return has(key) ? text(key) : otherwise;
  }

  /** A whole number of at least 1, which has to be there. */
  int positive(String key) {
    int value = whole(key);
    if (value < 1) {
      throw unfit(key, "a whole number of at least 1");
    }
    return value;
  }

  int positive(String key, int otherwise) {
    return has(key) ? positive(key) : otherwise;
  }

  /** A whole number of at least 0, or nothing. */
  OptionalInt id(String key) {
    return has(key) ? OptionalInt.of(whole(key)) : OptionalInt.empty();
  }

  private int whole(String key) {
    long value = require(key, Long.class, "one whole number");
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw unfit(key, "a whole number of at least 0");
    }
    return (int) value;
  }

  /** A finite number; one of single precision as the shortest decimal that is the same float. */
  double number(String key) {
    Object value = require(key, Number.class, "a number");
    double number = Double.parseDouble(value.toString());
    if (!Double.isFinite(number)) {
      throw unfit(key, "a finite number");
    }
    return number;
  }

  double number(String key, double otherwise) {
    return has(key) ? number(key) : otherwise;
  }

  boolean flag(String key, boolean otherwise) {
    return has(key) ? require(key, Boolean.class, "true or false") : otherwise;
  }

  List<String> texts(String key) {
    return list(key, String.class, Function.identity());
  }

  List<Integer> wholes(String key) {
    return list(key, Long.class, Math::toIntExact);
  }

  List<Double> numbers(String key) {
    return list(key, Number.class, Number::doubleValue);
  }

  List<Boolean> flags(String key) {
    return list(key, Boolean.class, Function.identity());
  }

  /** A list, which has to be there, of elements of one kind. */
  private <T, R> List<R> list(String key, Class<T> kind, Function<T, R> read) {
    List<R> all = new ArrayList<>();
    for (Object element : require(key, List.class, "a list")) {
      if (!kind.isInstance(element)) {
        throw unfit(key, "a list of " + kind.getSimpleName() + "s");
      }
      try {
        all.add(read.apply(kind.cast(element)));
      } catch (ArithmeticException e) {
        throw unfit(key, "a list of whole numbers below 2^31");
      }
    }
    return all;
  }

  private <T> T require(String key, Class<T> kind, String expected) {
    if (!has(key)) {
      throw new UserException(
          "%s: its metadata has no %s; convert the model again".formatted(file, key));
    }
    if (!kind.isInstance(values.get(key))) {
      throw unfit(key, expected);
    }
    return kind.cast(values.get(key));
  }

  /** The error of a value that can't be what its key says. */
  UserException unfit(String key, String expected) {
    Object value = values.get(key);
    String shown =
        value instanceof List<?> list ? "a list of " + list.size() : String.valueOf(value);
    return new UserException("%s: %s is %s; it must be %s".formatted(file, key, shown, expected));
  }

  /** Refuses a value that would be computed otherwise. */
  void require(boolean fits, String key, String supported) {
    if (!fits) {
      throw new UserException(
          "%s: %s = %s isn't supported; supported: %s"
              .formatted(file, key, values.get(key), supported));
    }
  }
}
