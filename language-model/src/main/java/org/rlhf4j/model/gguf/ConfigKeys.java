package org.rlhf4j.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.rlhf4j.model.family.Blueprint;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.settings.UserException;

/**
 * A GGUF file's keys for a {@code config.json}. What llama.cpp would compute otherwise is refused
 * by name, or noted where it only concerns long texts.
 */
final class ConfigKeys {
  private final Path model;
  private final ObjectNode config;
  private final Blueprint blueprint;
  private final Dimensions d;
  private final Architecture architecture;
  private final List<String> notes;
  private final Map<String, Object> keys = new LinkedHashMap<>();

  /**
   * Keys of a configuration.
   *
   * @param model for messages
   * @param notes takes what the file can't say
   */
  ConfigKeys(
      Path model,
      ObjectNode config,
      Blueprint blueprint,
      Architecture architecture,
      List<String> notes) {
    this.model = model;
    this.config = config;
    this.blueprint = blueprint;
    this.d = blueprint.dimensions();
    this.architecture = architecture;
    this.notes = notes;
  }

  Map<String, Object> keys() {
    put("context_length", d.positions());
    put("embedding_length", d.hidden());
    put("block_count", d.layers());
    put("feed_forward_length", d.intermediate());
    put("attention.head_count", d.heads());
    put("vocab_size", d.vocabulary());
    switch (architecture) {
      case GPT2 -> put("attention.layer_norm_epsilon", (float) d.epsilon());
      case GPTNEOX -> gptNeox();
      case GEMMA3 -> gemma3();
      case LLAMA, QWEN2, QWEN3, OLMO2 -> llamaLike();
      case SMOLLM3 -> smolLm3();
    }
    return keys;
  }

  private void llamaLike() {
    heads();
    rotary(rotarySettings(), 10_000);
    window();
    boolean biased = config.path("attention_bias").asBoolean(false);
    require(!biased || architecture == Architecture.LLAMA, "attention_bias", "false");
    boolean mlpBias = config.path("mlp_bias").asBoolean(false);
    require(!mlpBias || architecture == Architecture.LLAMA, "mlp_bias", "false");
  }

  private void heads() {
    put("attention.head_count_kv", d.kvHeads());
    put("attention.key_length", d.headSize());
    put("attention.value_length", d.headSize());
    put("rope.dimension_count", d.headSize());
    put("attention.layer_norm_rms_epsilon", (float) d.epsilon());
  }

  /** llama.cpp leaves out the positions of each fourth layer, whatever a file says. */
  private void smolLm3() {
    heads();
    rotary(rotarySettings(), 2_000_000);
    window();
    List<Integer> fourth =
        IntStream.rangeClosed(1, d.layers()).mapToObj(layer -> layer % 4 == 0 ? 0 : 1).toList();
    require(
        blueprint.constants().get("turned_layers").equals(fourth),
        config.has("no_rope_layers") ? "no_rope_layers" : "no_rope_layer_interval",
        "each fourth layer without positions");
    require(!config.path("attention_bias").asBoolean(false), "attention_bias", "false");
    require(!config.path("mlp_bias").asBoolean(false), "mlp_bias", "false");
  }

  private void gemma3() {
    heads();
    double scalar = config.path("query_pre_attn_scalar").asDouble(256);
    require(scalar == d.headSize(), "query_pre_attn_scalar", "the head's size " + d.headSize());
    require(!config.path("attention_bias").asBoolean(false), "attention_bias", "false");
    int window = (Integer) blueprint.constants().get("window");
    put("attention.sliding_window", window == 0 ? d.positions() : window);
    List<Boolean> sliding = sliding();
    int period = sliding.indexOf(false) + 1;
    boolean periodic =
        IntStream.range(0, d.layers())
            .allMatch(layer -> sliding.get(layer) == (period == 0 || (layer + 1) % period != 0));
    require(periodic, "layer_types", "each n-th layer without a window");
    put("attention.sliding_window_pattern", period == 0 ? d.layers() + 1 : period);
    JsonNode rotary = config.path("rope_parameters");
    JsonNode global =
        config.hasNonNull("rope_scaling")
            ? config.path("rope_scaling")
            : rotary.path("full_attention");
    rotary(global, 1_000_000);
    JsonNode local = rotary.path("sliding_attention");
    require(
        type(local).equals("default"), "rope_parameters.sliding_attention", "rope_type default");
    double base = config.path("rope_local_base_freq").asDouble(10_000);
    put("rope.freq_base_swa", (float) local.path("rope_theta").asDouble(base));
  }

  private void gptNeox() {
    JsonNode settings = rotarySettings();
    put("attention.layer_norm_epsilon", (float) d.epsilon());
    put("use_parallel_residual", config.path("use_parallel_residual").asBoolean(true));
    List<?> frequencies = (List<?>) blueprint.constants().get("frequencies");
    put("rope.dimension_count", 2 * frequencies.size());
    rotary(settings, config.path("rotary_emb_base").asDouble(10_000));
    require(config.path("attention_bias").asBoolean(true), "attention_bias", "true");
  }

  private JsonNode rotarySettings() {
    return config.path(config.hasNonNull("rope_scaling") ? "rope_scaling" : "rope_parameters");
  }

  private static String type(JsonNode settings) {
    return settings.path("rope_type").asText(settings.path("type").asText("default"));
  }

  private void rotary(JsonNode settings, double base) {
    double theta = settings.path("rope_theta").asDouble(config.path("rope_theta").asDouble(base));
    put("rope.freq_base", (float) theta);
    switch (type(settings)) {
      case "default", "dynamic" -> {}
      case "linear" -> {
        put("rope.scaling.type", "linear");
        put("rope.scaling.factor", (float) settings.path("factor").doubleValue());
      }
      case "llama3" -> {
        require(architecture == Architecture.LLAMA, "rope_type", "default, linear, dynamic");
        put(RotaryFactors.ORIGINAL, original(settings));
        put(RotaryFactors.LOW, (float) settings.path("low_freq_factor").doubleValue());
        put(RotaryFactors.HIGH, (float) settings.path("high_freq_factor").doubleValue());
      }
      default -> require(false, "rope_type", "default, linear, dynamic, llama3");
    }
  }

  private int original(JsonNode settings) {
    return settings.path("original_max_position_embeddings").asInt(d.positions());
  }

  /** What rotary angles are divided by, where the model stretches them as Llama 3 does. */
  Optional<List<Double>> rotaryFactors() {
    JsonNode settings = rotarySettings();
    if (!type(settings).equals("llama3")) {
      return Optional.empty();
    }
    ObjectNode given = settings.deepCopy();
    given.put("original_max_position_embeddings", original(settings));
    double theta = settings.path("rope_theta").asDouble(config.path("rope_theta").asDouble(10_000));
    return Optional.of(RotaryFactors.llama3(theta, d.headSize(), given));
  }

  private List<Boolean> sliding() {
    List<Boolean> sliding = new ArrayList<>();
    for (Object layer : (List<?>) blueprint.constants().get("sliding")) {
      sliding.add(((Integer) layer) == 1);
    }
    return sliding;
  }

  private void window() {
    int window = (Integer) blueprint.constants().get("window");
    if (window == 0 || window >= d.positions()) {
      return;
    }
    put("attention.sliding_window", window);
    if (!config.path("model_type").asText().equals("mistral")) {
      put("attention.sliding_window_pattern", sliding());
    }
    notes.add(
        String.format(
            Locale.ROOT,
            "llama.cpp knows no sliding window for %s: texts of more than %d tokens are computed otherwise there",
            architecture.key(),
            window));
  }

  private void require(boolean fits, String key, String supported) {
    if (!fits) {
      throw new UserException(
          "%s: llama.cpp doesn't compute %s = %s for %s; exported: %s"
              .formatted(
                  model,
                  key,
                  config.at("/" + key.replace('.', '/')).isMissingNode()
                      ? rotarySettings().path(key)
                      : config.at("/" + key.replace('.', '/')),
                  architecture.key(),
                  supported));
    }
  }

  private void put(String key, Object value) {
    keys.put(architecture.key() + "." + key, value);
  }
}
