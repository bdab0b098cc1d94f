package org.rlhf4j.model.family;

/** Llama 1 to 3, TinyLlama, SmolLM and SmolLM2 (Touvron et al. 2023). */
final class Llama extends LlamaLike {
  Llama() {
    super(new Defaults(2048, 1e-6, 10_000, false));
  }

  @Override
  boolean mlpBias(ConfigReader config) {
    return config.flag("mlp_bias", false);
  }

  @Override
  public String architecture() {
    return "Llama";
  }
}
