package org.rlhf4j.model.family;

import static org.rlhf4j.model.weights.ParameterSpec.Initial.ONES;

import java.util.List;

/** Qwen3: Llama with a norm on each query and key head (Yang et al. 2025). */
final class Qwen3 extends LlamaLike {
  Qwen3() {
    super(new Defaults(32_768, 1e-6, 10_000, false));
  }

  @Override
  int kvHeads(ConfigReader config, int heads) {
    return config.positive("num_key_value_heads");
  }

  @Override
  int headSize(ConfigReader config, int hidden, int heads) {
    return config.positive("head_dim", 128);
  }

  @Override
  void attentionNorms(ConfigReader config, LayerWeights layer, Dimensions d) {
    super.attentionNorms(config, layer, d);
    layer.vector("q_norm", "self_attn.q_norm.weight", ONES, d.headSize());
    layer.vector("k_norm", "self_attn.k_norm.weight", ONES, d.headSize());
  }

  @Override
  SlidingWindow window(ConfigReader config, int layers) {
    return Qwen2.window(config, layers, config.flag("use_sliding_window", false));
  }

  @Override
  public List<String> scripts() {
    return List.of("rotary.py", "llama.py", "qwen3.py");
  }

  @Override
  public String architecture() {
    return "Qwen3";
  }
}
