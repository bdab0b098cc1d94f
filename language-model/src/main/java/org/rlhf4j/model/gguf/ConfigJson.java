package org.rlhf4j.model.gguf;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.rlhf4j.model.family.Family;
import org.rlhf4j.settings.UserException;

/** The {@code config.json} that a GGUF file's keys and tensors stand for. */
final class ConfigJson {
  static final String TOKENS = "tokenizer.ggml.tokens";

  private final GgufFile file;
  private final GgufMetadata metadata;
  private final Architecture architecture;
  private final ObjectNode json = new ObjectMapper().createObjectNode();

  private ConfigJson(GgufFile file, Architecture architecture) {
    this.file = file;
    this.metadata = file.metadata();
    this.architecture = architecture;
  }

  /** Reads the configuration. */
  static ObjectNode of(GgufFile file, Architecture architecture) {
    return new ConfigJson(file, architecture).read();
  }

  private ObjectNode read() {
    boolean windowed = architecture == Architecture.LLAMA && has("attention.sliding_window");
    String type = windowed ? "mistral" : architecture.modelType();
    json.putArray("architectures").add(Family.ALL.get(type).causalClass());
    json.put("model_type", type);
    json.put("dtype", "float32");
    json.put("vocab_size", vocabulary());
    json.put("tie_word_embeddings", !file.tensors().containsKey("output.weight"));
    id("bos_token_id", "bos");
    id("eos_token_id", "eos");
    id("pad_token_id", "padding");
    switch (architecture) {
      case GPT2 -> gpt2();
      case GPTNEOX -> gptNeox();
      case GEMMA2 -> gemma2();
      case GEMMA3 -> gemma3();
      case GRANITE -> granite();
      case LLAMA, QWEN2, QWEN3, SMOLLM3, OLMO2 -> llamaLike();
      case PHI3 -> phi3();
      case STABLELM -> stableLm();
    }
    return json;
  }

  /** The embedding's rows, of which each has a token. */
  private int vocabulary() {
    int tokens = metadata.texts(TOKENS).size();
    GgufTensor embedding = file.tensors().get("token_embd.weight");
    if (embedding == null) {
      throw new UserException(file.file() + ": tensor token_embd.weight is missing");
    }
    if (embedding.shape().get(0) != tokens) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s: token_embd.weight has %d rows for the %d tokens of %s; convert the model again",
              file.file(),
              embedding.shape().get(0),
              tokens,
              TOKENS));
    }
    return tokens;
  }

  private void llamaLike() {
    sizes();
    json.put("rms_norm_eps", number("attention.layer_norm_rms_epsilon"));
    json.put("hidden_act", "silu");
    json.put("attention_bias", file.tensors().containsKey("blk.0.attn_q.bias"));
    json.put("mlp_bias", file.tensors().containsKey("blk.0.ffn_gate.bias"));
    json.set("rope_parameters", rotary(number("rope.freq_base", 10_000)));
    if (architecture == Architecture.SMOLLM3) {
      json.put("no_rope_layer_interval", 4);
    }
    window();
  }

  /** What all that descend from Llama have. */
  private void sizes() {
    int hidden = positive("embedding_length");
    int heads = positive("attention.head_count");
    json.put("hidden_size", hidden);
    json.put("num_hidden_layers", positive("block_count"));
    json.put("num_attention_heads", heads);
    json.put("num_key_value_heads", metadata.positive(key("attention.head_count_kv"), heads));
    json.put("head_dim", headSize(Math.max(1, hidden / heads)));
    json.put("intermediate_size", positive("feed_forward_length"));
    json.put("max_position_embeddings", positive("context_length"));
  }

  private int headSize(int otherwise) {
    int turned = metadata.positive(key("rope.dimension_count"), otherwise);
    boolean partly = architecture == Architecture.PHI3 || architecture == Architecture.STABLELM;
    int size = metadata.positive(key("attention.key_length"), partly ? otherwise : turned);
    require("attention.value_length", size);
    if (!partly) {
      require("rope.dimension_count", size);
    }
    return size;
  }

  private void granite() {
    llamaLike();
    String turned = key("rope.scaling.finetuned");
    metadata.require(metadata.flag(turned, true), turned, "true");
    double usual = 1 / Math.sqrt(json.path("head_dim").intValue());
    json.put("embedding_multiplier", multiplier("embedding_scale", 1));
    json.put("attention_multiplier", multiplier("attention.scale", usual));
    json.put("residual_multiplier", multiplier("residual_scale", 1));
    json.put("logits_scaling", number("logit_scale"));
  }

  /** A zero says that there is none. */
  private double multiplier(String name, double otherwise) {
    double value = number(name, 0);
    return value == 0 ? otherwise : value;
  }

  private void phi3() {
    sizes();
    json.put("rms_norm_eps", number("attention.layer_norm_rms_epsilon"));
    json.put("hidden_act", "silu");
    partlyTurned();
    if (metadata.id(key("attention.sliding_window")).orElse(0) == 0) {
      json.putNull("sliding_window");
    } else {
      json.put("sliding_window", positive("attention.sliding_window"));
    }
  }

  /**
   * What llama.cpp goes by are the tensors: files of old models say that all layers are parallel.
   */
  private void stableLm() {
    sizes();
    json.put("layer_norm_eps", number("attention.layer_norm_epsilon"));
    json.put("hidden_act", "silu");
    json.put("use_qkv_bias", file.tensors().containsKey("blk.0.attn_q.bias"));
    json.put("qk_layernorm", file.tensors().containsKey("blk.0.attn_q_norm.weight"));
    json.put("use_parallel_residual", !file.tensors().containsKey("blk.0.ffn_norm.weight"));
    partlyTurned();
  }

  private void partlyTurned() {
    int size = json.path("head_dim").intValue();
    ObjectNode rotary = rotary(number("rope.freq_base", 10_000));
    rotary.put(
        "partial_rotary_factor", part(metadata.positive(key("rope.dimension_count"), size), size));
    json.set("rope_parameters", rotary);
  }

  /** The part of a head that is turned; times the head's size it is the whole number again. */
  private static double part(int turned, int size) {
    double part = (double) turned / size;
    return (int) (size * part) < turned ? Math.nextUp(part) : part;
  }

  private void require(String name, int size) {
    boolean fits = !has(name) || metadata.positive(key(name)) == size;
    metadata.require(fits, key(name), "a head's size " + size);
  }

  private ObjectNode rotary(double base) {
    ObjectNode rotary = json.objectNode().put("rope_theta", base);
    String type = metadata.text(key("rope.scaling.type"), "none");
    RotaryFactors factors = new RotaryFactors(file, architecture);
    if (factors.exist()) {
      factors.into(rotary);
    } else if (type.equals("none")) {
      double old = number("rope.scale_linear", 1);
      rotary.put("rope_type", old == 1 ? "default" : "linear");
      if (old != 1) {
        rotary.put("factor", old);
      }
    } else {
      rotary.put("rope_type", type).put("factor", number("rope.scaling.factor"));
      original(rotary);
      bounds(rotary);
    }
    return rotary;
  }

  /** YaRN's bounds where a file names them; what multiplies its growth isn't known here. */
  private void bounds(ObjectNode rotary) {
    for (String bound : List.of("beta_fast", "beta_slow")) {
      if (has("rope.scaling.yarn_" + bound)) {
        rotary.put(bound, number("rope.scaling.yarn_" + bound));
      }
    }
    for (String factor : List.of("attn_factor", "yarn_attn_factor", "yarn_ext_factor")) {
      String key = key("rope.scaling." + factor);
      metadata.require(!metadata.has(key) || metadata.number(key) == 1, key, "1");
    }
    String multiplier = key("rope.scaling.yarn_log_multiplier");
    metadata.require(metadata.number(multiplier, 0) == 0, multiplier, "0");
  }

  private void original(ObjectNode rotary) {
    String name = key("rope.scaling.original_context_length");
    if (metadata.has(name)) {
      rotary.put("original_max_position_embeddings", metadata.positive(name));
    }
  }

  /** Windows that a file names; llama.cpp has none for these architectures. */
  private void window() {
    if (!has("attention.sliding_window")) {
      json.putNull("sliding_window");
      return;
    }
    json.put("sliding_window", positive("attention.sliding_window"));
    json.put("use_sliding_window", true);
    if (has("attention.sliding_window_pattern")) {
      layerTypes(metadata.flags(key("attention.sliding_window_pattern")));
    }
  }

  private void layerTypes(List<Boolean> sliding) {
    ArrayNode types = json.putArray("layer_types");
    sliding.forEach(layer -> types.add(layer ? "sliding_attention" : "full_attention"));
  }

  /**
   * What both have; the queries of the largest are scaled by the hidden size and not the head's.
   */
  private void gemma(int layersOfLargest, int period) {
    sizes();
    json.put("rms_norm_eps", number("attention.layer_norm_rms_epsilon"));
    json.put("hidden_activation", "gelu_pytorch_tanh");
    pattern(period);
    int headSize = json.path("head_dim").intValue();
    boolean largest = json.path("num_hidden_layers").intValue() == layersOfLargest;
    double hidden = json.path("hidden_size").doubleValue();
    json.put(
        "query_pre_attn_scalar",
        largest ? hidden / json.path("num_attention_heads").intValue() : headSize);
  }

  private void gemma2() {
    gemma(ConfigKeys.LAYERS_OF_GEMMA_2_27B, 2);
    json.put("sliding_window", metadata.positive(key("attention.sliding_window"), 4096));
    json.put("attn_logit_softcapping", number("attn_logit_softcapping", 50));
    json.put("final_logit_softcapping", number("final_logit_softcapping", 30));
    json.set("rope_parameters", rotary(number("rope.freq_base", 10_000)));
  }

  private void gemma3() {
    gemma(ConfigKeys.LAYERS_OF_GEMMA_3_27B, 6);
    json.put("sliding_window", positive("attention.sliding_window"));
    if (has("final_logit_softcapping")) {
      json.put("final_logit_softcapping", number("final_logit_softcapping"));
    }
    ObjectNode rotary = json.putObject("rope_parameters");
    rotary.set("full_attention", rotary(number("rope.freq_base", 1_000_000)));
    rotary
        .putObject("sliding_attention")
        .put("rope_type", "default")
        .put("rope_theta", number("rope.freq_base_swa", 10_000));
  }

  /** Every how many layers one sees all, or which layers have a window. */
  private void pattern(int otherwise) {
    String name = key("attention.sliding_window_pattern");
    if (metadata.values().get(name) instanceof List<?>) {
      layerTypes(metadata.flags(name));
    } else {
      int period = metadata.positive(name, otherwise);
      int layers = json.path("num_hidden_layers").intValue();
      layerTypes(IntStream.rangeClosed(1, layers).mapToObj(layer -> layer % period != 0).toList());
    }
  }

  private void gpt2() {
    json.put("n_embd", positive("embedding_length"));
    json.put("n_layer", positive("block_count"));
    json.put("n_head", positive("attention.head_count"));
    json.put("n_inner", positive("feed_forward_length"));
    json.put("n_positions", positive("context_length"));
    json.put("layer_norm_epsilon", number("attention.layer_norm_epsilon"));
    json.put("activation_function", "gelu_new");
  }

  private void gptNeox() {
    int hidden = positive("embedding_length");
    int heads = positive("attention.head_count");
    json.put("hidden_size", hidden);
    json.put("num_hidden_layers", positive("block_count"));
    json.put("num_attention_heads", heads);
    json.put("intermediate_size", positive("feed_forward_length"));
    json.put("max_position_embeddings", positive("context_length"));
    json.put("layer_norm_eps", number("attention.layer_norm_epsilon"));
    json.put("use_parallel_residual", metadata.flag(key("use_parallel_residual"), true));
    json.put("attention_bias", file.tensors().containsKey("blk.0.attn_qkv.bias"));
    json.put("hidden_act", "gelu");
    ObjectNode rotary = rotary(number("rope.freq_base", 10_000));
    int size = Math.max(1, hidden / heads);
    rotary.put("partial_rotary_factor", part(positive("rope.dimension_count"), size));
    json.set("rope_parameters", rotary);
  }

  private void id(String name, String token) {
    OptionalInt id = metadata.id("tokenizer.ggml." + token + "_token_id");
    id.ifPresent(value -> json.put(name, value));
  }

  private String key(String name) {
    return architecture.key() + "." + name;
  }

  private boolean has(String name) {
    return metadata.has(key(name));
  }

  private int positive(String name) {
    return metadata.positive(key(name));
  }

  private double number(String name) {
    return metadata.number(key(name));
  }

  private double number(String name, double otherwise) {
    return metadata.number(key(name), otherwise);
  }
}
