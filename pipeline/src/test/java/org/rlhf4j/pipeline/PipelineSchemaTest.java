package org.rlhf4j.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.Written;

class PipelineSchemaTest {

  private static JsonNode schema() throws Exception {
    return new ObjectMapper().readTree(PipelineSchema.schema().toPrettyString());
  }

  @Test
  void hasAFormForEachStage() throws Exception {
    JsonNode schema = schema();
    JsonNode item = schema.at("/properties/stages/items");
    for (String kind : List.of("sft", "reward", "dpo", "ppo", "grpo")) {
      assertThat(item.at("/properties/stage/enum")).anyMatch(one -> one.asText().equals(kind));
      assertThat(schema.at("/$defs/" + kind + "/properties/learning-rate/type").asText())
          .isEqualTo("number");
    }
    assertThat(item.at("/allOf/0/if/properties/stage/const").asText()).isEqualTo("sft");
    assertThat(item.at("/allOf/0/then/$ref").asText()).isEqualTo("#/$defs/sft");
    assertThat(schema.at("/properties/threads/type").asText()).isEqualTo("integer");
  }

  @Test
  void aModelMayComeFromAStageAndTheRunsOwnSettingsAreThePipelines() throws Exception {
    JsonNode ppo = schema().at("/$defs/ppo");
    assertThat(ppo.at("/properties/model/anyOf/0/type").asText()).isEqualTo("string");
    assertThat(ppo.at("/properties/model/anyOf/1/required/0").asText()).isEqualTo("from");
    assertThat(ppo.path("required")).anyMatch(name -> name.asText().equals("model"));
    assertThat(ppo.path("required")).noneMatch(name -> name.asText().equals("output"));
    assertThat(ppo.path("properties").has("output")).isFalse();
    assertThat(ppo.path("additionalProperties").booleanValue()).isFalse();
  }

  @Test
  void knowsEveryKeyOfTheDemosPipelines() throws Exception {
    JsonNode schema = schema();
    for (String file : List.of("pipeline.yaml", "quick.yaml")) {
      Written.Mapping written = SettingsYaml.read(Path.of("../data/demo").resolve(file));
      var stages = (Written.Sequence) written.entries().get("stages").value();
      for (Written item : stages.items()) {
        Written.Mapping stage = (Written.Mapping) item;
        String kind = PipelineStage.text(stage, "stage").text();
        JsonNode known = schema.at("/$defs/" + kind + "/properties");
        assertThat(stage.entries().keySet()).allMatch(known::has);
      }
    }
  }
}
