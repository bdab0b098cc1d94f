package org.rlhf4j.model.family;

import static org.rlhf4j.model.family.LayerWeights.out;
import static org.rlhf4j.model.weights.ParameterSpec.Initial.ONES;
import static org.rlhf4j.model.weights.ParameterSpec.Initial.ZEROS;
import static org.rlhf4j.model.weights.ParameterSpec.Initial.normal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.ParameterSpec.Initial;

/**
 * GPT-NeoX, the architecture of Pythia: LayerNorm, exact GELU, rotary positions on a part of each
 * head, attention and MLP beside each other or in turn (Black et al. 2022, Biderman et al. 2023).
 * Its fused matrix has query, key and value of a head next to each other.
 */
final class GptNeox implements Family {

  @Override
  public Blueprint read(ConfigReader config) {
    Dimensions d = dimensions(config);
    config.require(config.text("hidden_act", "gelu").equals("gelu"), "hidden_act", "gelu");
    Initial weight = normal(d.initialDeviation());
    List<ParameterSpec> all = new ArrayList<>();
    Map<String, Object> constants = new LinkedHashMap<>(SlidingWindow.none(d.layers()).constants());
    all.add(ParameterSpec.transposed("embed_in.weight", weight, d.vocabulary(), d.hidden()));
    for (int i = 0; i < d.layers(); i++) {
      LayerWeights layer = layer(config, d, new LayerWeights("layers." + i + ".", weight));
      all.addAll(layer.specs());
      constants.putAll(layer.constants());
    }
    all.add(ParameterSpec.of("final_layer_norm.weight", ONES, d.hidden()));
    all.add(ParameterSpec.of("final_layer_norm.bias", ZEROS, d.hidden()));
    constants.putAll(rotary(config, d).constants());
    constants.put("parallel", config.flag("use_parallel_residual", true) ? 1 : 0);
    return new Blueprint(d, constants, all);
  }

  private static Dimensions dimensions(ConfigReader config) {
    int hidden = config.positive("hidden_size");
    int heads = config.positive("num_attention_heads");
    config.require(
        hidden % heads == 0, "num_attention_heads", "a divisor of hidden_size " + hidden);
    return new Dimensions(
        config.positive("vocab_size"),
        hidden,
        config.layers("num_hidden_layers"),
        heads,
        heads,
        hidden / heads,
        config.positive("intermediate_size"),
        Rotary.reach(config, longest(config)),
        config.number("layer_norm_eps", 1e-5),
        config.flag("tie_word_embeddings", false),
        config.number("initializer_range", 0.02));
  }

  private static int longest(ConfigReader config) {
    return config.positive("max_position_embeddings", 2048);
  }

  private static LayerWeights layer(ConfigReader config, Dimensions d, LayerWeights layer) {
    long c = d.hidden();
    boolean bias = config.flag("attention_bias", true);
    layer.vector("input_norm", "input_layernorm.weight", ONES, c);
    layer.vector("input_norm_bias", "input_layernorm.bias", ZEROS, c);
    layer.projection(
        "qkv", "attention.query_key_value", bias, c, out("attention.query_key_value", 3 * c));
    layer.projection("output", "attention.dense", bias, c, out("attention.dense", c));
    layer.vector("mlp_norm", "post_attention_layernorm.weight", ONES, c);
    layer.vector("mlp_norm_bias", "post_attention_layernorm.bias", ZEROS, c);
    layer.projection(
        "up", "mlp.dense_h_to_4h", true, c, out("mlp.dense_h_to_4h", d.intermediate()));
    layer.projection(
        "down", "mlp.dense_4h_to_h", true, d.intermediate(), out("mlp.dense_4h_to_h", c));
    return layer;
  }

  /** Of the part of each head that is turned: {@code rotary_pct} in transformers 4. */
  private static Rotary rotary(ConfigReader config, Dimensions d) {
    ConfigReader settings = Rotary.settings(config);
    double part = settings.number("partial_rotary_factor", config.number("rotary_pct", 0.25));
    int size = (int) (d.headSize() * part);
    String key = config.has("rotary_pct") ? "rotary_pct" : "rope_parameters";
    config.require(
        size > 0 && size <= d.headSize() && size % 2 == 0,
        key,
        "a part of head size " + d.headSize() + " that is an even number");
    double theta = settings.number("rope_theta", config.number("rotary_emb_base", 10_000));
    return Rotary.scaled(settings, size, theta, longest(config));
  }

  @Override
  public List<String> scripts() {
    return List.of("rotary.py", "gpt_neox.py");
  }

  @Override
  public String backbonePrefix() {
    return "gpt_neox.";
  }

  @Override
  public String architecture() {
    return "GPTNeoX";
  }

  @Override
  public String head() {
    return "embed_out.weight";
  }

  @Override
  public boolean ignores(String tensor) {
    return tensor.endsWith(".attention.bias")
        || tensor.endsWith(".attention.masked_bias")
        || tensor.endsWith(".rotary_emb.inv_freq");
  }
}
