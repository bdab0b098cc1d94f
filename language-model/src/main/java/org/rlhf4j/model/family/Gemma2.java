package org.rlhf4j.model.family;

import static org.rlhf4j.model.weights.ParameterSpec.Initial.ZEROS;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.weights.ParameterSpec.Initial;

/**
 * Gemma 2: norms before and after attention and MLP with weights 1 + w, scaled embeddings, every
 * other layer with a sliding window, capped scores and logits (Gemma team 2024).
 */
final class Gemma2 extends LlamaLike {
  Gemma2() {
    super(new Defaults(8192, 1e-6, 10_000, true));
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
    boolean bothWays = config.flag("use_bidirectional_attention", false);
    config.require(!bothWays, "use_bidirectional_attention", "false");
    int size = config.positiveOrNull("sliding_window", 4096);
    return SlidingWindow.read(config, size, layers, layer -> layer % 2 == 0);
  }

  @Override
  Map<String, Object> rotary(ConfigReader config, Dimensions d) {
    Map<String, Object> constants = new HashMap<>(super.rotary(config, d));
    constants.put(
        "query_scale", Math.sqrt(d.headSize() / config.number("query_pre_attn_scalar", 256)));
    constants.put("attention_cap", cap(config, "attn_logit_softcapping", 50));
    constants.put("logit_cap", cap(config, "final_logit_softcapping", 30));
    return constants;
  }

  private static double cap(ConfigReader config, String key, double otherwise) {
    double cap = config.numberOrNull(key, otherwise);
    config.require(cap >= 0, key, "a number above 0, or null");
    return cap;
  }

  @Override
  public List<String> scripts() {
    return List.of("rotary.py", "llama.py", "gemma3.py", "gemma2.py");
  }

  @Override
  public String architecture() {
    return "Gemma2";
  }
}
