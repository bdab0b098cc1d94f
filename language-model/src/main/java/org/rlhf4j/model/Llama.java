package org.rlhf4j.model;

import static org.rlhf4j.model.ParameterSpec.Initial.ONES;
import static org.rlhf4j.model.ParameterSpec.Initial.normal;
import static org.rlhf4j.model.ParameterSpec.part;

import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.model.ParameterSpec.Initial;

/**
 * Llama: rotary positions, RMSNorm, grouped-query attention, SwiGLU (Touvron et al. 2023; names and
 * layout of its Hugging Face checkpoints). Query, key and value matrices are one parameter here,
 * gate and up another: each is one product instead of three or two.
 */
final class Llama implements Family {

  @Override
  public Dimensions dimensions(ConfigReader config) {
    int hidden = config.positive("hidden_size");
    int heads = config.positive("num_attention_heads");
    int kvHeads = config.positive("num_key_value_heads", heads);
    config.require(
        heads % kvHeads == 0, "num_key_value_heads", "a divisor of num_attention_heads " + heads);
    config.require(
        hidden % heads == 0 || config.has("head_dim"),
        "num_attention_heads",
        "a divisor of hidden_size " + hidden);
    int headSize = config.positive("head_dim", hidden / heads);
    config.require(headSize % 2 == 0, "head_dim", "an even number");
    config.require(config.text("hidden_act", "silu").equals("silu"), "hidden_act", "silu");
    config.require(!config.flag("attention_bias", false), "attention_bias", "false");
    config.require(!config.flag("mlp_bias", false), "mlp_bias", "false");
    return new Dimensions(
        config.positive("vocab_size"),
        hidden,
        config.positive("num_hidden_layers"),
        heads,
        kvHeads,
        headSize,
        config.positive("intermediate_size"),
        config.positive("max_position_embeddings", 2048),
        config.number("rms_norm_eps", 1e-6),
        theta(config),
        config.flag("tie_word_embeddings", false),
        config.number("initializer_range", 0.02));
  }

  /** The rotary base, from rope_parameters (transformers 5) or rope_theta (transformers 4). */
  private static double theta(ConfigReader config) {
    if (config.has("rope_scaling")) {
      ConfigReader scaling = config.nested("rope_scaling");
      String type = scaling.text("rope_type", scaling.text("type", "default"));
      config.require(type.equals("default"), "rope_scaling", "rope_type default");
    }
    double theta = config.number("rope_theta", 10000);
    if (!config.has("rope_parameters")) {
      return theta;
    }
    ConfigReader parameters = config.nested("rope_parameters");
    config.require(
        parameters.text("rope_type", "default").equals("default"),
        "rope_parameters",
        "rope_type default");
    return parameters.number("rope_theta", theta);
  }

  @Override
  public List<ParameterSpec> parameters(ModelConfig config) {
    Dimensions d = config.dimensions();
    long c = d.hidden();
    long q = (long) d.heads() * d.headSize();
    long kv = (long) d.kvHeads() * d.headSize();
    Initial weight = normal(d.initialDeviation());
    List<ParameterSpec> all = new ArrayList<>();
    all.add(ParameterSpec.transposed("embed_tokens.weight", weight, d.vocabulary(), c));
    for (int i = 0; i < d.layers(); i++) {
      String layer = "layers." + i + ".";
      String attention = layer + "self_attn.";
      String mlp = layer + "mlp.";
      all.add(ParameterSpec.of(layer + "input_layernorm.weight", ONES, c));
      all.add(
          ParameterSpec.transposed(
              attention + "qkv_proj.weight",
              weight,
              List.of(
                  part(attention + "q_proj.weight", q, c),
                  part(attention + "k_proj.weight", kv, c),
                  part(attention + "v_proj.weight", kv, c))));
      all.add(ParameterSpec.transposed(attention + "o_proj.weight", weight, c, q));
      all.add(ParameterSpec.of(layer + "post_attention_layernorm.weight", ONES, c));
      all.add(
          ParameterSpec.transposed(
              mlp + "gate_up_proj.weight",
              weight,
              List.of(
                  part(mlp + "gate_proj.weight", d.intermediate(), c),
                  part(mlp + "up_proj.weight", d.intermediate(), c))));
      all.add(ParameterSpec.transposed(mlp + "down_proj.weight", weight, c, d.intermediate()));
    }
    all.add(ParameterSpec.of("norm.weight", ONES, c));
    return all;
  }

  @Override
  public String backbonePrefix() {
    return "model.";
  }

  @Override
  public String architecture() {
    return "Llama";
  }

  @Override
  public String program() {
    return "llama.py";
  }

  @Override
  public boolean ignores(String tensor) {
    return tensor.endsWith(".rotary_emb.inv_freq");
  }
}
