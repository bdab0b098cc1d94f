package org.rlhf4j.model.family;

import static org.rlhf4j.model.weights.ParameterSpec.Initial.ONES;
import static org.rlhf4j.model.weights.ParameterSpec.Initial.ZEROS;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.weights.ParameterSpec;

/**
 * StableLM 2: Llama with LayerNorm; a quarter of each head is turned; where the model has them,
 * norms on each query and key head, and attention and MLP beside each other (Bellagente et al.
 * 2024).
 */
final class StableLm extends LlamaLike {
  StableLm() {
    super(new Defaults(4096, 1e-5, 10_000, false));
  }

  @Override
  void attentionNorms(ConfigReader config, LayerWeights layer, Dimensions d) {
    layer.vector("input_norm", "input_layernorm.weight", ONES, d.hidden());
    layer.vector("input_norm_bias", "input_layernorm.bias", ZEROS, d.hidden());
    boolean norms = hasHeadNorms(config);
    layer.vectors("q_norm", "self_attn.q_layernorm.norms", norms ? d.heads() : 0, d.headSize());
    layer.vectors("k_norm", "self_attn.k_layernorm.norms", norms ? d.kvHeads() : 0, d.headSize());
  }

  /** Beside attention the MLP reads what attention reads. */
  @Override
  void mlpNorms(ConfigReader config, LayerWeights layer, Dimensions d) {
    if (isParallel(config)) {
      layer.same("mlp_norm", "input_norm");
      layer.same("mlp_norm_bias", "input_norm_bias");
    } else {
      layer.vector("mlp_norm", "post_attention_layernorm.weight", ONES, d.hidden());
      layer.vector("mlp_norm_bias", "post_attention_layernorm.bias", ZEROS, d.hidden());
    }
  }

  @Override
  List<ParameterSpec> lastNorm(Dimensions d) {
    return List.of(
        ParameterSpec.of("norm.weight", ONES, d.hidden()),
        ParameterSpec.of("norm.bias", ZEROS, d.hidden()));
  }

  @Override
  String epsilonKey() {
    return "layer_norm_eps";
  }

  @Override
  boolean qkvBias(ConfigReader config) {
    return config.flag("use_qkv_bias", false);
  }

  @Override
  boolean outputBias(ConfigReader config) {
    return false;
  }

  private static boolean hasHeadNorms(ConfigReader config) {
    return config.flag("qk_layernorm", false);
  }

  private static boolean isParallel(ConfigReader config) {
    return config.flag("use_parallel_residual", false);
  }

  @Override
  int turnedSize(ConfigReader config, Dimensions d) {
    return Rotary.part(config, d.headSize(), 0.25);
  }

  @Override
  Map<String, Object> rotary(ConfigReader config, Dimensions d) {
    Map<String, Object> constants = new HashMap<>(super.rotary(config, d));
    constants.put("head_norms", hasHeadNorms(config) ? 1 : 0);
    constants.put("parallel", isParallel(config) ? 1 : 0);
    return constants;
  }

  @Override
  public List<String> scripts() {
    return List.of("rotary.py", "llama.py", "partial_rotary.py", "stablelm.py");
  }

  @Override
  public String architecture() {
    return "StableLm";
  }
}
