package org.rlhf4j.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;

/** Typed reading of a config.json; what is missing or unfit is a one-line error with the file. */
final class ConfigReader {
  private final ObjectNode json;
  private final Path file;

  ConfigReader(ObjectNode json, Path file) {
    this.json = json;
    this.file = file;
  }

  int positive(String key) {
    JsonNode value = json.path(key);
    if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1) {
      throw unfit(key, value, "a whole number of at least 1");
    }
    return value.intValue();
  }

  int positive(String key, int otherwise) {
    return absent(json.path(key)) ? otherwise : positive(key);
  }

  double number(String key, double otherwise) {
    JsonNode value = json.path(key);
    if (absent(value)) {
      return otherwise;
    }
    if (!value.isNumber()) {
      throw unfit(key, value, "a number");
    }
    return value.doubleValue();
  }

  boolean flag(String key, boolean otherwise) {
    JsonNode value = json.path(key);
    if (absent(value)) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw unfit(key, value, "true or false");
    }
    return value.booleanValue();
  }

  String text(String key, String otherwise) {
    JsonNode value = json.path(key);
    if (absent(value)) {
      return otherwise;
    }
    if (!value.isTextual()) {
      throw unfit(key, value, "a string");
    }
    return value.textValue();
  }

  /** A nested object, or a missing node. */
  JsonNode object(String key) {
    JsonNode value = json.path(key);
    if (absent(value)) {
      return MissingNode.getInstance();
    }
    if (!value.isObject()) {
      throw unfit(key, value, "an object");
    }
    return value;
  }

  /** The reader of a nested object. */
  ConfigReader nested(String key) {
    return new ConfigReader((ObjectNode) object(key), file);
  }

  boolean has(String key) {
    return !absent(json.path(key));
  }

  /** Refuses a configuration whose value the programs would silently compute otherwise. */
  void require(boolean fits, String key, String supported) {
    if (!fits) {
      throw new UserException(
          file + ": " + key + " = " + json.path(key) + " isn't supported; supported: " + supported);
    }
  }

  private UserException unfit(String key, JsonNode value, String expected) {
    String found = value.isMissingNode() ? "is missing" : "is " + value;
    return new UserException(file + ": \"" + key + "\" " + found + "; it must be " + expected);
  }

  private static boolean absent(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }
}
