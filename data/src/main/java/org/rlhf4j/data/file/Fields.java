package org.rlhf4j.data.file;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** One row as its file has it: values by field name. Null values count as absent. */
public final class Fields {

  private static final ObjectMapper JSON = new ObjectMapper();

  private record Field(JsonNode value, Location location) {}

  private final Location location;
  private final boolean textual;
  private final Map<String, Field> fields = new LinkedHashMap<>();
  private final Set<String> nulls = new HashSet<>();

  /**
   * Begins a row.
   *
   * @param textual whether the format has text only, so that a number is written as text
   */
  Fields(Location location, boolean textual) {
    this.location = location;
    this.textual = textual;
  }

  void put(String name, JsonNode value, Location place) {
    if (value.isNull()) {
      nulls.add(name);
    } else {
      fields.put(name, new Field(value, place));
    }
  }

  /** Names of the fields that say something: not those that are blank or empty. */
  public List<String> given() {
    return fields.keySet().stream().filter(this::says).toList();
  }

  /** Whether a field is there and is neither blank nor empty. */
  public boolean says(String name) {
    JsonNode value = value(name);
    return value.isTextual()
        ? !value.textValue().isBlank()
        : !value.isMissingNode() && !(value.isContainerNode() && value.isEmpty());
  }

  /** A field's value; a missing node where there is none. */
  public JsonNode value(String name) {
    Field field = fields.get(name);
    return field == null ? MissingNode.getInstance() : field.value;
  }

  /** Where a field is; where the row begins if there is none. */
  public Location place(String name) {
    Field field = fields.get(name);
    return field == null ? location : field.location;
  }

  /**
   * The same row with another value.
   *
   * @param name a field's, there or new
   * @param value its value
   * @param from the field that it is made of, for its place
   */
  public Fields with(String name, JsonNode value, String from) {
    Fields changed = copy();
    changed.fields.put(name, new Field(value, place(from)));
    return changed;
  }

  /** The same row without some fields. */
  public Fields leavingOut(String... names) {
    Fields changed = copy();
    changed.fields.keySet().removeAll(List.of(names));
    return changed;
  }

  private Fields copy() {
    Fields copy = new Fields(location, textual);
    copy.fields.putAll(fields);
    copy.nulls.addAll(nulls);
    return copy;
  }

  /**
   * The row under our names. A field that has one of them but isn't asked for is hidden.
   *
   * @param columns our name of a field, and the file's
   */
  public Fields renamed(Map<String, String> columns) {
    if (columns.isEmpty()) {
      return this;
    }
    Fields renamed = new Fields(location, textual);
    fields.forEach(
        (name, field) -> {
          if (!columns.containsKey(name) && !columns.containsValue(name)) {
            renamed.fields.put(name, field);
          }
        });
    columns.forEach(
        (name, column) -> {
          String named = fields.containsKey(column) ? column : column.strip();
          if (fields.containsKey(named)) {
            renamed.fields.put(name, fields.get(named));
          } else if (!nulls.contains(named)) {
            throw bad(
                "no \""
                    + column
                    + "\" "
                    + names()
                    + ", which --columns takes for "
                    + name
                    + "; correct --columns");
          }
        });
    return renamed;
  }

  /** Where the row begins. */
  public Location location() {
    return location;
  }

  /** Whether the row has a field of this name. */
  public boolean has(String name) {
    return fields.containsKey(name);
  }

  /** The fields' names for a message: (fields: a, b). */
  public String names() {
    return fields.isEmpty()
        ? "(no fields)"
        : "(fields: " + String.join(", ", fields.keySet()) + ")";
  }

  /** Whether the row has no fields. */
  public boolean isEmpty() {
    return fields.isEmpty();
  }

  private String first() {
    return fields.keySet().iterator().next();
  }

  /** What stands between names that were read as a single one: of CSV with another delimiter. */
  public Optional<String> delimiter() {
    return fields.size() == 1
        ? Stream.of(";", "\t", "|").filter(first()::contains).findFirst()
        : Optional.empty();
  }

  /** A text; where the row has no such field, or another value in it, the row is bad. */
  public String text(String name) {
    Field field = fields.get(name);
    if (field == null) {
      throw bad("no \"" + name + "\" " + names() + "; add it");
    }
    return text(name, field.value, field.location);
  }

  /** All fields but some, as plain Java values. */
  public Map<String, Object> without(String... names) {
    Map<String, Object> others = new LinkedHashMap<>();
    fields.forEach((name, field) -> others.put(name, JSON.convertValue(field.value, Object.class)));
    others.keySet().removeAll(List.of(names));
    return others;
  }

  /** A list of texts, in the file's order. */
  public List<String> texts(String name) {
    Field field = fields.get(name);
    if (!field.value.isArray()) {
      throw wrong(name, "a list of strings", field.value, field.location);
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode value : field.value) {
      texts.add(text(name, value, field.location));
    }
    return texts;
  }

  /** A text, number or truth value as it is written. */
  public Optional<String> scalar(String name) {
    Field field = fields.get(name);
    if (field == null) {
      return Optional.empty();
    }
    if (field.value.isContainerNode()) {
      throw wrong(name, "a string or a number", field.value, field.location);
    }
    return Optional.of(field.value.asText());
  }

  /** A finite number; an empty CSV cell counts as absent. */
  public Optional<Double> number(String name) {
    Field field = fields.get(name);
    if (field == null || (textual && field.value.textValue().isBlank())) {
      return Optional.empty();
    }
    double number = textual ? parse(name, field) : field.value.asDouble();
    if (!(textual || field.value.isNumber()) || !Double.isFinite(number)) {
      throw wrong(name, "a finite number", field.value, field.location);
    }
    return Optional.of(number);
  }

  private static double parse(String name, Field field) {
    try {
      return Double.parseDouble(field.value.textValue().strip());
    } catch (NumberFormatException e) {
      throw wrong(name, "a finite number", field.value, field.location);
    }
  }

  /** The failure of this row for a reason: what is wrong and what to do. */
  public BadRowException bad(String reason) {
    return new BadRowException(location, reason);
  }

  /** A text in a field, or in a list or object that is one. */
  public static String text(String name, JsonNode value, Location location) {
    if (!value.isTextual()) {
      throw wrong(name, "a string", value, location);
    }
    String text = value.textValue();
    if (text.indexOf('\0') >= 0) {
      throw new BadRowException(
          location, "\"" + name + "\" holds a NUL character, which no text has; remove it");
    }
    if (hasHalfPair(text)) {
      throw new BadRowException(
          location,
          "\"" + name + "\" holds half of a surrogate pair, which no text has; mend or remove it");
    }
    return text;
  }

  private static boolean hasHalfPair(String text) {
    return text.codePoints()
        .anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  /** The failure of a row for the value of a field. */
  public static BadRowException wrong(
      String name, String expected, JsonNode value, Location location) {
    String written = value.toString();
    String shown = written.length() > 40 ? written.substring(0, 40) + "…" : written;
    return new BadRowException(
        location, "\"" + name + "\" should be " + expected + ", not " + shown + "; correct it");
  }
}
