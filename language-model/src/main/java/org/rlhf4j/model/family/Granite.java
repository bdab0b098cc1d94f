package org.rlhf4j.model.family;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Granite 3, its dense models: Llama with a multiplier of the embedding, one of attention's scores
 * in place of 1/√D, one of what a layer's parts add, and a divisor of the logits (Granite team
 * 2024).
 */
final class Granite extends LlamaLike {
  Granite() {
    super(new Defaults(2048, 1e-6, 10_000, false));
  }

  @Override
  boolean mlpBias(ConfigReader config) {
    return config.flag("mlp_bias", false);
  }

  @Override
  Map<String, Object> rotary(ConfigReader config, Dimensions d) {
    Map<String, Object> constants = new HashMap<>(super.rotary(config, d));
    double divisor = config.number("logits_scaling", 1);
    config.require(divisor != 0, "logits_scaling", "a number other than 0");
    constants.put("embedding_scale", config.number("embedding_multiplier", 1));
    constants.put(
        "query_scale", config.number("attention_multiplier", 1) * Math.sqrt(d.headSize()));
    constants.put("residual_scale", config.number("residual_multiplier", 1));
    constants.put("logit_scale", 1 / divisor);
    return constants;
  }

  @Override
  public List<String> scripts() {
    return List.of("rotary.py", "llama.py", "granite.py");
  }

  @Override
  public String architecture() {
    return "Granite";
  }
}
