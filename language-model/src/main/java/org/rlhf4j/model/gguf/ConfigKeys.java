package org.rlhf4j.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.rlhf4j.model.family.Blueprint;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.settings.UserException;

/**
 * A GGUF file's keys for a {@code config.json}. What llama.cpp would compute otherwise is refused
 * by name, or noted where it only concerns long texts.
 */
final class ConfigKeys {
  /** The largest of Gemma 2 and 3. */
  static final int LAYERS_OF_GEMMA_2_27B = 46;

  static final int LAYERS_OF_GEMMA_3_27B = 62;

  /** Those that stretch positions as Llama 3 does. */
  private static final Set<Architecture> LLAMA3 = Set.of(Architecture.LLAMA, Architecture.GRANITE);

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
      case GEMMA2 -> gemma2();
      case GEMMA3 -> gemma3();
      case GRANITE -> granite();
      case LLAMA, QWEN2, QWEN3, OLMO2 -> llamaLike();
      case PHI3 -> phi3();
      case SMOLLM3 -> smolLm3();
      case STABLELM -> stableLm();
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
    headSizes();
    put("rope.dimension_count", d.headSize());
    put("attention.layer_norm_rms_epsilon", (float) d.epsilon());
  }

  private void headSizes() {
    put("attention.head_count_kv", d.kvHeads());
    put("attention.key_length", d.headSize());
    put("attention.value_length", d.headSize());
  }

  /** Of heads that are turned in part, and share the hidden size. */
  private void partlyTurned() {
    headSizes();
    boolean shared = d.headSize() * d.heads() == d.hidden();
    require(shared, "head_dim", "hidden_size / num_attention_heads");
    put("rope.dimension_count", turned());
  }

  private int turned() {
    return 2 * ((List<?>) blueprint.constants().get("frequencies")).size();
  }

  private void granite() {
    heads();
    rotary(rotarySettings(), 10_000);
    multiplier("embedding_scale", "embedding_multiplier");
    multiplier("attention.scale", "attention_multiplier");
    multiplier("residual_scale", "residual_multiplier");
    multiplier("logit_scale", "logits_scaling");
  }

  /** A zero would mean that there is none. */
  private void multiplier(String key, String setting) {
    float value = (float) config.path(setting).asDouble(1);
    require(value != 0, setting, "a number other than 0");
    put(key, value);
  }

  /** As its converters do: LongRoPE by its tensors, no window as one of 0. */
  private void phi3() {
    partlyTurned();
    put("attention.layer_norm_rms_epsilon", (float) d.epsilon());
    put("attention.sliding_window", 0);
    window();
    JsonNode settings = rotarySettings();
    rotary(settings, 10_000);
    if (type(settings).equals("longrope")) {
      int longest = config.path("max_position_embeddings").asInt(d.positions());
      put("context_length", longest);
      put(RotaryFactors.ORIGINAL, d.positions());
      put(RotaryFactors.GROWTH, ((Number) blueprint.constants().get("rotary_scale")).floatValue());
      noteLongTexts(longest);
    }
  }

  private void noteLongTexts(int longest) {
    if (longest > d.positions()) {
      notes.add(
          String.format(
              Locale.ROOT,
              "llama.cpp takes long_factor in a context of more than %d tokens, and short_factor,"
                  + " as here, in one of at most that many",
              d.positions()));
    }
  }

  private void stableLm() {
    partlyTurned();
    put("attention.layer_norm_epsilon", (float) d.epsilon());
    put("use_parallel_residual", blueprint.constants().get("parallel").equals(1));
    rotary(rotarySettings(), 10_000);
    require(!d.tied(), "tie_word_embeddings", "false");
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

  private void gemma2() {
    int window = gemma(LAYERS_OF_GEMMA_2_27B);
    List<Boolean> sliding = sliding();
    boolean everyOther =
        IntStream.range(0, d.layers()).allMatch(layer -> sliding.get(layer) == (layer % 2 == 0));
    require(
        window == 0 || everyOther,
        "layer_types",
        "every other layer with a window, from the first");
    rotary(rotarySettings(), 10_000);
    cap("attn_logit_softcapping", "attention_cap");
    cap("final_logit_softcapping", "logit_cap");
    require(d.tied(), "tie_word_embeddings", "true");
  }

  private void cap(String setting, String constant) {
    float cap = ((Number) blueprint.constants().get(constant)).floatValue();
    require(cap != 0, setting, "a number above 0");
    put(setting, cap);
  }

  /**
   * What both have. llama.cpp tells the largest model, whose queries have a scale of their own, by
   * its layers.
   *
   * @return the window, 0 where there is none
   */
  private int gemma(int layersOfLargest) {
    heads();
    boolean largest = d.layers() == layersOfLargest;
    int scale = largest ? d.hidden() / d.heads() : d.headSize();
    require(
        config.path("query_pre_attn_scalar").asDouble(256) == scale,
        "query_pre_attn_scalar",
        (largest ? "hidden_size / num_attention_heads " : "the head's size ") + scale);
    require(!config.path("attention_bias").asBoolean(false), "attention_bias", "false");
    int window = (Integer) blueprint.constants().get("window");
    put("attention.sliding_window", window == 0 ? d.positions() : window);
    return window;
  }

  private void gemma3() {
    gemma(LAYERS_OF_GEMMA_3_27B);
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
    put("rope.dimension_count", turned());
    rotary(settings, config.path("rotary_emb_base").asDouble(10_000));
    require(config.path("attention_bias").asBoolean(true), "attention_bias", "true");
  }

  private JsonNode rotarySettings() {
    return config.path(config.hasNonNull("rope_scaling") ? "rope_scaling" : "rope_parameters");
  }

  private static String type(JsonNode settings) {
    String type = settings.path("rope_type").asText(settings.path("type").asText("default"));
    boolean older = type.equals("su") || (type.equals("yarn") && settings.has("short_factor"));
    return older ? "longrope" : type;
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
        require(LLAMA3.contains(architecture), "rope_type", "default, linear, dynamic");
        put(RotaryFactors.ORIGINAL, original(settings));
        put(RotaryFactors.LOW, (float) settings.path("low_freq_factor").doubleValue());
        put(RotaryFactors.HIGH, (float) settings.path("high_freq_factor").doubleValue());
      }
      case "longrope" -> {
        require(architecture == Architecture.PHI3, "rope_type", "default, linear, dynamic");
        int factors = settings.path("long_factor").size();
        require(factors == turned() / 2, "long_factor", turned() / 2 + " numbers");
      }
      case "yarn" -> yarn(settings);
      default -> require(false, "rope_type", "default, linear, dynamic, llama3, longrope, yarn");
    }
  }

  /** With the usual bounds and growth, which files of llama.cpp's older versions can't change. */
  private void yarn(JsonNode settings) {
    require(settings.path("beta_fast").asDouble(32) == 32, "beta_fast", "32");
    require(settings.path("beta_slow").asDouble(1) == 1, "beta_slow", "1");
    require(settings.path("truncate").asBoolean(true), "truncate", "true");
    double factor = settings.path("factor").asDouble((double) d.positions() / original(settings));
    double usual = factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1;
    double growth = ((Number) blueprint.constants().get("rotary_scale")).doubleValue();
    require(Math.abs(growth - usual) < 1e-6, "attention_factor", "0.1 ln factor + 1");
    put("rope.scaling.type", "yarn");
    put("rope.scaling.factor", (float) factor);
    put(RotaryFactors.ORIGINAL, original(settings));
  }

  private int original(JsonNode settings) {
    String key = "original_max_position_embeddings";
    return config.path(key).asInt(settings.path(key).asInt(d.positions()));
  }

  /** What rotary angles are divided by, by the tensors' names; none where nothing divides them. */
  Map<String, List<Double>> rotaryFactors() {
    JsonNode settings = rotarySettings();
    if (type(settings).equals("longrope")) {
      return Map.of(
          RotaryFactors.SHORT, numbers(settings.path("short_factor")),
          RotaryFactors.LONG, numbers(settings.path("long_factor")));
    }
    if (!type(settings).equals("llama3")) {
      return Map.of();
    }
    ObjectNode given = settings.deepCopy();
    given.put("original_max_position_embeddings", original(settings));
    double theta = settings.path("rope_theta").asDouble(config.path("rope_theta").asDouble(10_000));
    return Map.of(RotaryFactors.LLAMA3, RotaryFactors.llama3(theta, d.headSize(), given));
  }

  private static List<Double> numbers(JsonNode array) {
    List<Double> numbers = new ArrayList<>();
    array.forEach(number -> numbers.add(number.asDouble()));
    return numbers;
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
    boolean everywhere =
        architecture == Architecture.PHI3 || config.path("model_type").asText().equals("mistral");
    if (!everywhere) {
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
