package org.rlhf4j.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.rlhf4j.settings.MachineSettings;
import org.rlhf4j.settings.SettingSpec;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.SettingsJsonSchema;
import org.rlhf4j.stages.Stages;
import org.rlhf4j.training.StageType;

/** The JSON schema of a pipeline file, with which an editor completes and checks it. */
public final class PipelineSchema {

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private PipelineSchema() {}

  /** The schema, draft 2020-12. */
  public static ObjectNode schema() {
    ObjectNode schema = JSON.objectNode();
    schema.put("$schema", SettingsJsonSchema.DRAFT);
    schema.put("type", "object");
    ObjectNode properties = schema.putObject("properties");
    JsonNode machine = SettingsJsonSchema.of(Settings.of(MachineSettings.class)).path("properties");
    Pipeline.COMMON.forEach(name -> properties.set(name, machine.path(name)));
    ObjectNode stages = properties.putObject("stages").put("type", "array").put("minItems", 1);
    stages.set("items", stages(schema.putObject("$defs")));
    schema.putArray("required").add("stages");
    return schema.put("additionalProperties", false);
  }

  /** A stage is of the form that its name says. */
  private static ObjectNode stages(ObjectNode definitions) {
    ObjectNode item = JSON.objectNode().put("type", "object");
    ArrayNode names = JSON.arrayNode();
    ArrayNode forms = item.putArray("allOf");
    for (StageType<?> type : Stages.ALL) {
      names.add(type.name());
      definitions.set(type.name(), stage(type.settings()));
      ObjectNode form = forms.addObject();
      form.putObject("if").putObject("properties").putObject("stage").put("const", type.name());
      form.putObject("then").put("$ref", "#/$defs/" + type.name());
    }
    item.putObject("properties").putObject("stage").set("enum", names);
    item.putArray("required").add("name").add("stage");
    return item;
  }

  private static ObjectNode stage(Settings<?> settings) {
    ObjectNode stage = SettingsJsonSchema.of(settings);
    stage.remove("$schema");
    ObjectNode properties = (ObjectNode) stage.get("properties");
    properties.remove(PipelineStage.FIXED);
    ArrayNode required = stage.putArray("required");
    for (SettingSpec spec : settings.specs()) {
      if (PipelineStage.FIXED.contains(spec.name())) {
        continue;
      }
      if (spec.required()) {
        required.add(spec.name());
      }
      if (spec.valueType() == Path.class && (!spec.repeatable() || spec.model())) {
        ObjectNode property = (ObjectNode) properties.get(spec.name());
        ObjectNode either = orEarlier(property);
        if (spec.repeatable()) {
          ObjectNode items = JSON.objectNode().set("anyOf", either.get("anyOf").deepCopy());
          ((ArrayNode) either.get("anyOf")).addObject().put("type", "array").set("items", items);
        }
        properties.set(spec.name(), either);
      }
    }
    properties.putObject("name").put("type", "string");
    properties.putObject("stage").put("type", "string");
    return stage;
  }

  /** A path, or the stage before that made what is there. */
  private static ObjectNode orEarlier(ObjectNode path) {
    ObjectNode from = JSON.objectNode().put("type", "object");
    from.putObject("properties").putObject("from").put("type", "string");
    from.putArray("required").add("from");
    from.put("additionalProperties", false);
    ObjectNode either = JSON.objectNode();
    either.set("description", path.get("description"));
    either.putArray("anyOf").add(JSON.objectNode().put("type", "string")).add(from);
    return either;
  }
}
