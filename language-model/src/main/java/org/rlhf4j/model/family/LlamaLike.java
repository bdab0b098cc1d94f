package org.rlhf4j.model.family;

import static org.rlhf4j.model.family.LayerWeights.out;
import static org.rlhf4j.model.weights.ParameterSpec.Initial.ONES;
import static org.rlhf4j.model.weights.ParameterSpec.Initial.normal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.family.LayerWeights.Out;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.ParameterSpec.Initial;

/**
 * What the families that descend from Llama have in common: rotary positions, RMSNorm,
 * grouped-query attention, a gated MLP, and the names of their tensors. Query, key and value
 * matrices are one parameter here, gate and up another: each is one product instead of three or
 * two. A family says where it differs.
 */
abstract class LlamaLike implements Family {

  /**
   * What transformers assumes where a configuration doesn't say.
   *
   * @param positions the longest sequence
   * @param epsilon of the norms
   * @param theta the base of rotary positions
   * @param tied whether the head is the embedding
   */
  record Defaults(int positions, double epsilon, double theta, boolean tied) {}

  private final Defaults defaults;

  LlamaLike(Defaults defaults) {
    this.defaults = defaults;
  }

  @Override
  public final Blueprint read(ConfigReader config) {
    Dimensions d = dimensions(config);
    config.require(
        config.text(activationKey(), activation()).equals(activation()),
        activationKey(),
        activation());
    Initial weight = normal(d.initialDeviation());
    List<ParameterSpec> all = new ArrayList<>();
    all.add(ParameterSpec.transposed("embed_tokens.weight", weight, d.vocabulary(), d.hidden()));
    Map<String, Object> constants = new LinkedHashMap<>(window(config, d.layers()).constants());
    for (int i = 0; i < d.layers(); i++) {
      LayerWeights layer = layer(config, d, new LayerWeights("layers." + i + ".", weight));
      all.addAll(layer.specs());
      constants.putAll(layer.constants());
    }
    all.addAll(lastNorm(d));
    constants.putAll(rotary(config, d));
    return new Blueprint(d, constants, all);
  }

  private Dimensions dimensions(ConfigReader config) {
    int hidden = config.positive("hidden_size");
    int heads = config.positive("num_attention_heads");
    int kvHeads = kvHeads(config, heads);
    config.require(
        heads % kvHeads == 0, "num_key_value_heads", "a divisor of num_attention_heads " + heads);
    int headSize = headSize(config, hidden, heads);
    config.require(headSize % 2 == 0, "head_dim", "an even number");
    return new Dimensions(
        config.positive("vocab_size"),
        hidden,
        config.layers("num_hidden_layers"),
        heads,
        kvHeads,
        headSize,
        config.positive("intermediate_size"),
        Rotary.reach(config, longest(config)),
        config.number(epsilonKey(), defaults.epsilon),
        config.flag("tie_word_embeddings", defaults.tied),
        config.number("initializer_range", 0.02));
  }

  /** The positions that a configuration names. */
  final int longest(ConfigReader config) {
    return config.positive("max_position_embeddings", defaults.positions);
  }

  private LayerWeights layer(ConfigReader config, Dimensions d, LayerWeights layer) {
    long c = d.hidden();
    long q = (long) d.heads() * d.headSize();
    long kv = (long) d.kvHeads() * d.headSize();
    attentionNorms(config, layer, d);
    layer.projection("qkv", "self_attn.qkv_proj", qkvBias(config), c, qkv(q, kv));
    layer.projection(
        "output", "self_attn.o_proj", outputBias(config), q, out("self_attn.o_proj", c));
    mlpNorms(config, layer, d);
    layer.projection(
        "gate_up", "mlp.gate_up_proj", mlpBias(config), c, gateAndUp(d.intermediate()));
    layer.projection(
        "down", "mlp.down_proj", mlpBias(config), d.intermediate(), out("mlp.down_proj", c));
    return layer;
  }

  /** The tensors that make up queries, keys and values. */
  Out[] qkv(long queries, long keys) {
    return new Out[] {
      out("self_attn.q_proj", queries), out("self_attn.k_proj", keys), out("self_attn.v_proj", keys)
    };
  }

  /** The tensors that make up gate and up. */
  Out[] gateAndUp(long each) {
    return new Out[] {out("mlp.gate_proj", each), out("mlp.up_proj", each)};
  }

  /** Key and value heads; as many as query heads where the configuration doesn't say. */
  int kvHeads(ConfigReader config, int heads) {
    return config.positive("num_key_value_heads", heads);
  }

  /** The width of a head; the heads share the hidden size where the configuration doesn't say. */
  int headSize(ConfigReader config, int hidden, int heads) {
    config.require(
        hidden % heads == 0 || config.has("head_dim"),
        "num_attention_heads",
        "a divisor of hidden_size " + hidden);
    return config.positive("head_dim", hidden / heads);
  }

  /** The norms of a layer's attention. */
  void attentionNorms(ConfigReader config, LayerWeights layer, Dimensions d) {
    layer.vector("input_norm", "input_layernorm.weight", ONES, d.hidden());
  }

  /** The norms of a layer's MLP. */
  void mlpNorms(ConfigReader config, LayerWeights layer, Dimensions d) {
    layer.vector("mlp_norm", "post_attention_layernorm.weight", ONES, d.hidden());
  }

  /** The norm after all layers. */
  List<ParameterSpec> lastNorm(Dimensions d) {
    return List.of(ParameterSpec.of("norm.weight", freshNorm(), d.hidden()));
  }

  /** Under which key the configuration has the norms' ε. */
  String epsilonKey() {
    return "rms_norm_eps";
  }

  /** What the norms' weights begin with. */
  Initial freshNorm() {
    return ONES;
  }

  boolean qkvBias(ConfigReader config) {
    return config.flag("attention_bias", false);
  }

  boolean outputBias(ConfigReader config) {
    return config.flag("attention_bias", false);
  }

  boolean mlpBias(ConfigReader config) {
    return false;
  }

  /** The MLP's activation, and under which key the configuration has it. */
  String activation() {
    return "silu";
  }

  String activationKey() {
    return "hidden_act";
  }

  /** Which layers see only the last tokens. */
  SlidingWindow window(ConfigReader config, int layers) {
    return SlidingWindow.none(layers);
  }

  /** The script's constants for positions. */
  Map<String, Object> rotary(ConfigReader config, Dimensions d) {
    return Rotary.of(config, turnedSize(config, d), defaults.theta, longest(config)).constants();
  }

  /** How many of a head's dimensions are turned. */
  int turnedSize(ConfigReader config, Dimensions d) {
    ConfigReader settings = Rotary.settings(config);
    double part = settings.number("partial_rotary_factor", 1);
    settings.require(part == 1, "partial_rotary_factor", "1");
    return d.headSize();
  }

  @Override
  public List<String> scripts() {
    return List.of("rotary.py", "llama.py");
  }

  @Override
  public final String backbonePrefix() {
    return "model.";
  }

  @Override
  public final boolean ignores(String tensor) {
    return tensor.endsWith(".rotary_emb.inv_freq");
  }
}
