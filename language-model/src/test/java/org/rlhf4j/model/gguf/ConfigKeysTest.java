package org.rlhf4j.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.rlhf4j.model.family.Blueprint;
import org.rlhf4j.model.family.ConfigReader;
import org.rlhf4j.model.family.Family;
import org.rlhf4j.settings.UserException;

class ConfigKeysTest {
  private static final Path FIXTURES = Path.of("src/test/resources/fixtures");

  @Test
  void graniteHasFourMultipliers() throws IOException {
    assertThat(keys(config("granite")))
        .contains(
            entry("granite.embedding_scale", 1.7f),
            entry("granite.attention.scale", 0.2f),
            entry("granite.residual_scale", 0.6f),
            entry("granite.logit_scale", 1.3f));
  }

  /** Original positions 64, stretched to 256: √(1 + ln 4 / ln 64) = √(4/3). */
  @Test
  void phi3HasTheOriginalPositionsAndTheGrowthOfLongTexts() throws IOException {
    assertThat(keys(config("phi3")))
        .contains(
            entry("phi3.context_length", 256),
            entry("phi3.rope.scaling.original_context_length", 64),
            entry("phi3.rope.scaling.attn_factor", (float) Math.sqrt(4 / 3.0)),
            entry("phi3.rope.dimension_count", 4),
            entry("phi3.attention.sliding_window", 9));
    assertThat(keys(config("phi3").putNull("sliding_window")))
        .contains(entry("phi3.attention.sliding_window", 0));
  }

  @Test
  void stableLmHasLayerNormsAndTheTurnedPart() throws IOException {
    assertThat(keys(config("stablelm-beside")))
        .contains(
            entry("stablelm.attention.layer_norm_epsilon", 1e-5f),
            entry("stablelm.rope.dimension_count", 4),
            entry("stablelm.use_parallel_residual", true))
        .doesNotContainKey("stablelm.attention.layer_norm_rms_epsilon");
  }

  @Test
  void gemma2HasItsCapsAndWindow() throws IOException {
    assertThat(keys(config("gemma2").put("query_pre_attn_scalar", 8)))
        .contains(
            entry("gemma2.attn_logit_softcapping", 6f),
            entry("gemma2.final_logit_softcapping", 8f),
            entry("gemma2.attention.sliding_window", 6));
  }

  /** 32 / 2 = 16, where a head has 8: the largest is told by its layers. */
  @Test
  void theLargestGemmaHasAScaleOfItsOwn() throws IOException {
    ObjectNode config = config("gemma2").put("num_attention_heads", 2);
    config.put("query_pre_attn_scalar", 16).put("num_hidden_layers", 46).remove("layer_types");
    assertThat(keys(config)).contains(entry("gemma2.block_count", 46));
    refused(config.put("num_hidden_layers", 44), "query_pre_attn_scalar = 16 for gemma2");
    refused(
        config.put("query_pre_attn_scalar", 8).put("num_hidden_layers", 46),
        "exported: hidden_size / num_attention_heads 16");
  }

  @Test
  void whatLlamaCppHasNoPlaceForIsRefused() throws IOException {
    refused(config("stablelm").put("tie_word_embeddings", true), "tie_word_embeddings = true");
    refused(
        config("gemma2").put("query_pre_attn_scalar", 8).put("tie_word_embeddings", false),
        "tie_word");
    ObjectNode wide = config("phi3").put("head_dim", 16);
    ((ObjectNode) wide.path("rope_parameters")).put("rope_type", "default");
    refused(wide, "head_dim = 16 for phi3");
    ObjectNode phi3 = config("phi3");
    ((ObjectNode) phi3.path("rope_parameters")).putArray("long_factor").add(1.5);
    refused(phi3, "long_factor = [1.5] for phi3; exported: 2 numbers");
    ObjectNode granite = config("granite");
    ObjectNode rotary = (ObjectNode) granite.path("rope_parameters");
    rotary.put("rope_type", "yarn").put("factor", 4).put("beta_fast", 8);
    refused(granite, "beta_fast = 8 for granite; exported: 32");
    rotary.put("beta_fast", 32).put("attention_factor", 1.5);
    refused(granite, "attention_factor = 1.5 for granite; exported: 0.1 ln factor + 1");
    rotary.remove("attention_factor");
    rotary.put("original_max_position_embeddings", 16);
    assertThat(keys(granite))
        .contains(
            entry("granite.rope.scaling.type", "yarn"),
            entry("granite.rope.scaling.factor", 4f),
            entry("granite.rope.scaling.original_context_length", 16));
  }

  private static ObjectNode config(String name) throws IOException {
    Path file = FIXTURES.resolve(name).resolve("config.json");
    return (ObjectNode) new ObjectMapper().readTree(file.toFile());
  }

  private static Map<String, Object> keys(ObjectNode config) {
    Path model = Path.of("model");
    String type = config.path("model_type").asText();
    Blueprint blueprint =
        Family.ALL.get(type).read(new ConfigReader(config, model.resolve("config.json")));
    List<String> notes = new ArrayList<>();
    Architecture architecture = Architecture.ofFamily(type, model);
    return new ConfigKeys(model, config, blueprint, architecture, notes).keys();
  }

  private static void refused(ObjectNode config, String message) {
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> keys(config))
        .withMessageStartingWith("model: llama.cpp doesn't compute ")
        .withMessageContaining(message);
  }
}
