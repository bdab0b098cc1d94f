package org.rlhf4j.model.family;

import static org.rlhf4j.model.weights.ParameterSpec.Initial.ZEROS;

import java.util.List;
import java.util.Map;
import org.rlhf4j.model.weights.ParameterSpec.Initial;

/**
 * Gemma 3, its text models: norms before and after attention and MLP with weights 1 + w, norms on
 * each query and key head, scaled embeddings, most layers with a sliding window and rotary
 * positions of their own (Gemma team 2025).
 */
final class Gemma3Text extends LlamaLike {
  private static final double THETA = 1_000_000;
  private static final double LOCAL_THETA = 10_000;

  Gemma3Text() {
    super(new Defaults(131_072, 1e-6, THETA, true));
  }

  @Override
  int kvHeads(ConfigReader config, int heads) {
    return config.positive("num_key_value_heads");
  }

  @Override
  int headSize(ConfigReader config, int hidden, int heads) {
    return config.positive("head_dim", 256);
  }

  @Override
  void attentionNorms(ConfigReader config, LayerWeights layer, Dimensions d) {
    layer.vector("input_norm", "input_layernorm.weight", ZEROS, d.hidden());
    layer.vector("q_norm", "self_attn.q_norm.weight", ZEROS, d.headSize());
    layer.vector("k_norm", "self_attn.k_norm.weight", ZEROS, d.headSize());
    layer.vector("attention_norm", "post_attention_layernorm.weight", ZEROS, d.hidden());
  }

  @Override
  void mlpNorms(ConfigReader config, LayerWeights layer, Dimensions d) {
    layer.vector("mlp_norm", "pre_feedforward_layernorm.weight", ZEROS, d.hidden());
    layer.vector("feedforward_norm", "post_feedforward_layernorm.weight", ZEROS, d.hidden());
  }

  @Override
  Initial freshNorm() {
    return ZEROS;
  }

  @Override
  String activation() {
    return "gelu_pytorch_tanh";
  }

  @Override
  String activationKey() {
    return "hidden_activation";
  }

  @Override
  SlidingWindow window(ConfigReader config, int layers) {
    config.require(!config.has("attn_logit_softcapping"), "attn_logit_softcapping", "null");
    config.require(!config.has("final_logit_softcapping"), "final_logit_softcapping", "null");
    boolean bothWays = config.flag("use_bidirectional_attention", false);
    config.require(!bothWays, "use_bidirectional_attention", "false");
    int pattern = config.positive("sliding_window_pattern", 6);
    int size = config.positiveOrNull("sliding_window", 4096);
    return SlidingWindow.read(config, size, layers, layer -> (layer + 1) % pattern != 0);
  }

  /** Two sets of frequencies: of the layers that see all, and of those with a window. */
  @Override
  Map<String, Object> rotary(ConfigReader config, Dimensions d) {
    ConfigReader nested = config.nested("rope_parameters");
    ConfigReader global = nested.nested("full_attention");
    ConfigReader local = nested.nested("sliding_attention");
    double theta = global.number("rope_theta", config.number("rope_theta", THETA));
    double localTheta =
        local.number("rope_theta", config.number("rope_local_base_freq", LOCAL_THETA));
    ConfigReader scaling = config.has("rope_scaling") ? config.nested("rope_scaling") : global;
    Rotary all = Rotary.scaled(scaling, d.headSize(), theta, d.positions());
    Rotary near = Rotary.scaled(local, d.headSize(), localTheta, d.positions());
    scaling.require(all.scale() == 1, "rope_type", "default, linear, dynamic, llama3");
    local.require(near.scale() == 1, "rope_type", "default, linear, dynamic, llama3");
    return Map.of(
        "frequencies",
        all.frequencies(),
        "local_frequencies",
        near.frequencies(),
        "rotary_scale",
        1.0,
        "query_scale",
        Math.sqrt(d.headSize() / config.number("query_pre_attn_scalar", 256)));
  }

  @Override
  public List<String> scripts() {
    return List.of("rotary.py", "llama.py", "gemma3.py");
  }

  @Override
  public String architecture() {
    return "Gemma3Text";
  }

  @Override
  public String causalClass() {
    return "Gemma3ForCausalLM";
  }
}
