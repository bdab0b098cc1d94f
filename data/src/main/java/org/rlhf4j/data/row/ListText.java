package org.rlhf4j.data.row;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Optional;

/**
 * A list or an object that a file holds as text, as a CSV cell must: JSON, or what Python prints of
 * a value, as pandas writes it. NumPy prints no commas between the elements of an array, so they
 * may be missing.
 */
final class ListText {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final Map<Character, String> ESCAPES =
      Map.of('n', "\n", 't', "\t", 'r', "\r", '\n', "", 'b', "\b", 'f', "\f", '0', "\0");

  private static final class NotPython extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private final String text;
  private int at;

  private ListText(String text) {
    this.text = text;
  }

  /** The value, or nothing where the text isn't one in full. */
  static Optional<JsonNode> parse(String text) {
    try {
      return Optional.of(JSON.readTree(text)).filter(value -> !value.isMissingNode());
    } catch (JsonProcessingException notJson) {
      return python(text);
    }
  }

  private static Optional<JsonNode> python(String text) {
    try {
      ListText parser = new ListText(text);
      JsonNode value = parser.value();
      parser.space();
      return parser.at == text.length() ? Optional.of(value) : Optional.empty();
    } catch (NotPython | NumberFormatException | StackOverflowError e) {
      return Optional.empty();
    }
  }

  private JsonNode value() {
    space();
    return switch (peek()) {
      case '[' -> list(']');
      case '(' -> list(')');
      case '{' -> object();
      case '\'', '"' -> NODES.textNode(string());
      default -> word();
    };
  }

  private ArrayNode list(char close) {
    ArrayNode list = NODES.arrayNode();
    at++;
    while (!closes(close)) {
      list.add(value());
      comma();
    }
    return list;
  }

  private ObjectNode object() {
    ObjectNode object = NODES.objectNode();
    at++;
    while (!closes('}')) {
      space();
      String name = string();
      space();
      expect(':');
      object.set(name, value());
      comma();
    }
    return object;
  }

  private boolean closes(char close) {
    space();
    boolean closes = peek() == close;
    at += closes ? 1 : 0;
    return closes;
  }

  private void comma() {
    space();
    at += peek() == ',' ? 1 : 0;
  }

  private String string() {
    char quote = peek();
    if (quote != '\'' && quote != '"') {
      throw new NotPython();
    }
    at++;
    StringBuilder string = new StringBuilder();
    while (peek() != quote) {
      char next = text.charAt(at++);
      if (next == '\\') {
        escape(string);
      } else {
        string.append(next);
      }
    }
    at++;
    return string.toString();
  }

  private void escape(StringBuilder string) {
    char kind = peek();
    at++;
    int digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
    if (digits == 0) {
      string.append(
          ESCAPES.getOrDefault(kind, "\\'\"".indexOf(kind) >= 0 ? "" + kind : "\\" + kind));
      return;
    }
    if (at + digits > text.length()) {
      throw new NotPython();
    }
    int point = Integer.parseInt(text.substring(at, at + digits), 16);
    if (!Character.isValidCodePoint(point)) {
      throw new NotPython();
    }
    string.appendCodePoint(point);
    at += digits;
  }

  /** A number, a truth value, None, or NumPy's array(…). */
  private JsonNode word() {
    int begin = at;
    while (at < text.length()
        && (Character.isLetterOrDigit(peek()) || "+-._".indexOf(peek()) >= 0)) {
      at++;
    }
    String word = text.substring(begin, at);
    return switch (word) {
      case "None" -> NODES.nullNode();
      case "True" -> NODES.booleanNode(true);
      case "False" -> NODES.booleanNode(false);
      case "nan" -> NODES.numberNode(Double.NaN);
      case "array" -> array();
      default -> number(word);
    };
  }

  private JsonNode array() {
    expect('(');
    JsonNode list = value();
    int close = text.indexOf(')', at); // what stands before it is the elements' type
    if (close < 0) {
      throw new NotPython();
    }
    at = close + 1;
    return list;
  }

  private static JsonNode number(String word) {
    return word.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '-')
        ? NODES.numberNode(Long.parseLong(word))
        : NODES.numberNode(Double.parseDouble(word));
  }

  private void expect(char wanted) {
    if (peek() != wanted) {
      throw new NotPython();
    }
    at++;
  }

  private void space() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private char peek() {
    if (at >= text.length()) {
      throw new NotPython();
    }
    return text.charAt(at);
  }
}
