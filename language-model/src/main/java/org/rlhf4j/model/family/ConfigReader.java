package org.rlhf4j.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import org.rlhf4j.settings.UserException;

/** Typed reading of a config.json; what is missing or unfit is a one-line error with the file. */
public final class ConfigReader {
  private static final int LARGEST = 1 << 24;
  private static final int MOST_LAYERS = 1000;

  private final ObjectNode json;
  private final Path file;
  private final String path;

  /**
   * A reader.
   *
   * @param json the file's content
   * @param file for messages
   */
  public ConfigReader(ObjectNode json, Path file) {
    this(json, file, "");
  }

  private ConfigReader(ObjectNode json, Path file, String path) {
    this.json = json;
    this.file = file;
    this.path = path;
  }

  /** A whole number of at least 1 and at most 2²⁴, which has to be there. */
  public int positive(String key) {
    return positiveUpTo(LARGEST, key);
  }

  /** A number of layers: at least 1 and at most 1,000. */
  int layers(String key) {
    return positiveUpTo(MOST_LAYERS, key);
  }

  /** Memory is taken for a model of these sizes, so no size is believed that no model has. */
  private int positiveUpTo(int most, String key) {
    JsonNode value = json.path(key);
    boolean fits = value.isIntegralNumber() && value.canConvertToInt();
    if (!fits || value.intValue() < 1) {
      throw unfit(key, value, "a whole number of at least 1");
    }
    if (value.intValue() > most) {
      throw unfit(key, value, "at most " + most);
    }
    return value.intValue();
  }

  int positive(String key, int otherwise) {
    return absent(json.path(key)) ? otherwise : positive(key);
  }

  /** A whole number that may be 0, or negative. */
  int whole(String key, int otherwise) {
    JsonNode value = json.path(key);
    if (absent(value)) {
      return otherwise;
    }
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw unfit(key, value, "a whole number");
    }
    return value.intValue();
  }

  /** A positive number, 0 where it is null, {@code otherwise} where it isn't there. */
  int positiveOrNull(String key, int otherwise) {
    return json.path(key).isNull() ? 0 : positive(key, otherwise);
  }

  /** A number, 0 where it is null, {@code otherwise} where it isn't there. */
  double numberOrNull(String key, double otherwise) {
    return json.path(key).isNull() ? 0 : number(key, otherwise);
  }

  /** A number, which has to be there. */
  double number(String key) {
    if (!has(key)) {
      throw unfit(key, json.path(key), "a number");
    }
    return number(key, 0);
  }

  /** A number, {@code otherwise} where there is none. */
  public double number(String key, double otherwise) {
    JsonNode value = json.path(key);
    if (absent(value)) {
      return otherwise;
    }
    if (!value.isNumber()) {
      throw unfit(key, value, "a number");
    }
    return value.doubleValue();
  }

  /** True or false, {@code otherwise} where there is none. */
  public boolean flag(String key, boolean otherwise) {
    JsonNode value = json.path(key);
    if (absent(value)) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw unfit(key, value, "true or false");
    }
    return value.booleanValue();
  }

  /** A string, {@code otherwise} where there is none. */
  public String text(String key, String otherwise) {
    JsonNode value = json.path(key);
    if (absent(value)) {
      return otherwise;
    }
    if (!value.isTextual()) {
      throw unfit(key, value, "a string");
    }
    return value.textValue();
  }

  /** A list of strings, empty where there is none. */
  List<String> texts(String key) {
    return list(key, JsonNode::isTextual, JsonNode::textValue, "a list of strings");
  }

  /** A list of whole numbers, empty where there is none. */
  List<Integer> wholes(String key) {
    return list(key, JsonNode::canConvertToInt, JsonNode::intValue, "a list of whole numbers");
  }

  /** A list of so many numbers, which has to be there. */
  List<Double> numbers(String key, int count) {
    String expected = "a list of " + count + " numbers";
    List<Double> numbers = list(key, JsonNode::isNumber, JsonNode::doubleValue, expected);
    if (numbers.size() != count) {
      throw unfit(key, json.path(key), expected);
    }
    return numbers;
  }

  private <T> List<T> list(
      String key, Predicate<JsonNode> fits, Function<JsonNode, T> read, String expected) {
    JsonNode value = json.path(key);
    List<T> all = new ArrayList<>();
    for (JsonNode element : value) {
      if (!value.isArray() || !fits.test(element)) {
        throw unfit(key, value, expected);
      }
      all.add(read.apply(element));
    }
    return all;
  }

  /** The reader of a nested object, of an empty one where there is none. */
  ConfigReader nested(String key) {
    JsonNode value = json.path(key);
    if (!absent(value) && !value.isObject()) {
      throw unfit(key, value, "an object");
    }
    ObjectNode object = absent(value) ? json.objectNode() : (ObjectNode) value;
    return new ConfigReader(object, file, path + key + ".");
  }

  boolean has(String key) {
    return !absent(json.path(key));
  }

  /** Refuses a configuration whose value the scripts would silently compute otherwise. */
  public void require(boolean fits, String key, String supported) {
    if (!fits) {
      throw new UserException(
          file
              + ": "
              + path
              + key
              + " = "
              + json.path(key)
              + " isn't supported; supported: "
              + supported);
    }
  }

  private UserException unfit(String key, JsonNode value, String expected) {
    String found = value.isMissingNode() ? "is missing" : "is " + value;
    return new UserException(
        file + ": \"" + path + key + "\" " + found + "; it must be " + expected);
  }

  private static boolean absent(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }
}
