package org.rlhf4j.model.family;

import static org.rlhf4j.model.weights.ParameterSpec.Initial.ONES;
import static org.rlhf4j.model.weights.ParameterSpec.Initial.ZEROS;
import static org.rlhf4j.model.weights.ParameterSpec.Initial.normal;

import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.ParameterSpec.Initial;

/**
 * GPT-2: learnt positions, LayerNorm before each part, tanh-approximated GELU, weights stored as
 * [in, out] (Radford et al. 2019; names and layout of its Hugging Face checkpoints).
 */
final class Gpt2 implements Family {

  @Override
  public Blueprint read(ConfigReader config) {
    Dimensions d = dimensions(config);
    return new Blueprint(d, SlidingWindow.none(d.layers()).constants(), parameters(d));
  }

  private static Dimensions dimensions(ConfigReader config) {
    int hidden = config.positive("n_embd");
    int heads = config.positive("n_head");
    config.require(hidden % heads == 0, "n_head", "a divisor of n_embd " + hidden);
    String activation = config.text("activation_function", "gelu_new");
    config.require(
        activation.equals("gelu_new") || activation.equals("gelu_pytorch_tanh"),
        "activation_function",
        "gelu_new, gelu_pytorch_tanh");
    config.require(config.flag("scale_attn_weights", true), "scale_attn_weights", "true");
    config.require(
        !config.flag("scale_attn_by_inverse_layer_idx", false),
        "scale_attn_by_inverse_layer_idx",
        "false");
    return new Dimensions(
        config.positive("vocab_size"),
        hidden,
        config.layers("n_layer"),
        heads,
        heads,
        hidden / heads,
        config.positive("n_inner", 4 * hidden),
        config.positive("n_positions"),
        config.number("layer_norm_epsilon", 1e-5),
        config.flag("tie_word_embeddings", true),
        config.number("initializer_range", 0.02));
  }

  private static List<ParameterSpec> parameters(Dimensions d) {
    int c = d.hidden();
    Initial weight = normal(d.initialDeviation());
    // Residual projections start smaller, by 1/√(2 layers), as the paper says.
    Initial residual = normal(d.initialDeviation() / Math.sqrt(2.0 * d.layers()));
    List<ParameterSpec> all = new ArrayList<>();
    all.add(ParameterSpec.transposed("wte.weight", weight, d.vocabulary(), c));
    all.add(ParameterSpec.of("wpe.weight", weight, d.positions(), c));
    for (int i = 0; i < d.layers(); i++) {
      String layer = "h." + i + ".";
      all.add(ParameterSpec.of(layer + "ln_1.weight", ONES, c));
      all.add(ParameterSpec.of(layer + "ln_1.bias", ZEROS, c));
      all.add(ParameterSpec.of(layer + "attn.c_attn.weight", weight, c, 3L * c));
      all.add(ParameterSpec.of(layer + "attn.c_attn.bias", ZEROS, 3L * c));
      all.add(ParameterSpec.of(layer + "attn.c_proj.weight", residual, c, c));
      all.add(ParameterSpec.of(layer + "attn.c_proj.bias", ZEROS, c));
      all.add(ParameterSpec.of(layer + "ln_2.weight", ONES, c));
      all.add(ParameterSpec.of(layer + "ln_2.bias", ZEROS, c));
      all.add(ParameterSpec.of(layer + "mlp.c_fc.weight", weight, c, d.intermediate()));
      all.add(ParameterSpec.of(layer + "mlp.c_fc.bias", ZEROS, d.intermediate()));
      all.add(ParameterSpec.of(layer + "mlp.c_proj.weight", residual, d.intermediate(), c));
      all.add(ParameterSpec.of(layer + "mlp.c_proj.bias", ZEROS, c));
    }
    all.add(ParameterSpec.of("ln_f.weight", ONES, c));
    all.add(ParameterSpec.of("ln_f.bias", ZEROS, c));
    return all;
  }

  @Override
  public String backbonePrefix() {
    return "transformer.";
  }

  @Override
  public String architecture() {
    return "GPT2";
  }

  @Override
  public String causalClass() {
    return "GPT2LMHeadModel";
  }

  @Override
  public List<String> scripts() {
    return List.of("gpt2.py");
  }

  @Override
  public boolean ignores(String tensor) {
    return tensor.endsWith(".attn.bias") || tensor.endsWith(".attn.masked_bias");
  }
}
