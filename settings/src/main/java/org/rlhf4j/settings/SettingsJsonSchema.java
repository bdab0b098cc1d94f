package org.rlhf4j.settings;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** A JSON schema of settings, for editors that check a configuration file while it is written. */
public final class SettingsJsonSchema {

  /** What a schema names itself by. */
  public static final String DRAFT = "https://json-schema.org/draft/2020-12/schema";

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private SettingsJsonSchema() {}

  /** The schema (draft 2020-12) of a configuration file of these settings. */
  public static ObjectNode of(Settings<?> settings) {
    ObjectNode schema = JSON.objectNode();
    schema.put("$schema", DRAFT);
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    for (SettingSpec spec : settings.specs()) {
      properties.set(spec.name(), property(spec));
    }
    schema.put("additionalProperties", false);
    return schema;
  }

  private static ObjectNode property(SettingSpec spec) {
    ObjectNode property = JSON.objectNode();
    property.put("description", spec.help());
    if (!spec.defaultText().isEmpty()) {
      property.put("default", spec.defaultText());
    }
    if (!spec.repeatable()) {
      return property.setAll(item(spec));
    }
    ArrayNode either = property.putArray("anyOf");
    either.add(item(spec));
    either.addObject().put("type", "array").set("items", item(spec));
    return property;
  }

  private static ObjectNode item(SettingSpec spec) {
    ObjectNode item = JSON.objectNode();
    if (!spec.choices().isEmpty()) {
      ArrayNode choices = item.putArray("enum");
      spec.choices().forEach(choices::add);
    } else if (spec.type().takesFields()) {
      item.putArray("type").add("string").add("object");
    } else {
      item.put("type", typeName(spec.valueType()));
    }
    return item;
  }

  private static String typeName(Class<?> type) {
    if (type == Integer.class || type == Long.class) {
      return "integer";
    }
    if (type == Double.class) {
      return "number";
    }
    return type == Boolean.class ? "boolean" : "string";
  }
}
