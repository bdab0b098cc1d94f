package org.rlhf4j.model.family;

import static org.rlhf4j.model.weights.ParameterSpec.Initial.ONES;

import java.util.List;

/**
 * OLMo 2: Llama with its norms after attention and MLP instead of before, and norms on all queries
 * and all keys of a token (OLMo team 2024).
 */
final class Olmo2 extends LlamaLike {
  Olmo2() {
    super(new Defaults(2048, 1e-5, 10_000, false));
  }

  @Override
  void attentionNorms(ConfigReader config, LayerWeights layer, Dimensions d) {
    long size = d.headSize();
    layer.vector("q_norm", "self_attn.q_norm.weight", ONES, d.heads() * size);
    layer.vector("k_norm", "self_attn.k_norm.weight", ONES, d.kvHeads() * size);
    layer.vector("attention_norm", "post_attention_layernorm.weight", ONES, d.hidden());
  }

  @Override
  void mlpNorms(ConfigReader config, LayerWeights layer, Dimensions d) {
    layer.vector("feedforward_norm", "post_feedforward_layernorm.weight", ONES, d.hidden());
  }

  @Override
  public List<String> scripts() {
    return List.of("rotary.py", "llama.py", "olmo2.py");
  }

  @Override
  public String architecture() {
    return "Olmo2";
  }
}
