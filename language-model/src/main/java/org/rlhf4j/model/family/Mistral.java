package org.rlhf4j.model.family;

/** Mistral: Llama whose tokens see only the last ones before them (Jiang et al. 2023). */
final class Mistral extends LlamaLike {
  Mistral() {
    super(new Defaults(131_072, 1e-6, 10_000, false));
  }

  @Override
  int kvHeads(ConfigReader config, int heads) {
    return config.positive("num_key_value_heads");
  }

  @Override
  boolean qkvBias(ConfigReader config) {
    return false;
  }

  @Override
  boolean outputBias(ConfigReader config) {
    return false;
  }

  /** Of all layers, whatever {@code layer_types} says, as in transformers. */
  @Override
  SlidingWindow window(ConfigReader config, int layers) {
    return SlidingWindow.everywhere(config.positiveOrNull("sliding_window", 4096), layers);
  }

  @Override
  public String architecture() {
    return "Mistral";
  }
}
