package org.rlhf4j.model.family;

/** Qwen2 and Qwen2.5: Llama with biases on query, key and value (Yang et al. 2024). */
final class Qwen2 extends LlamaLike {
  Qwen2() {
    super(new Defaults(32_768, 1e-6, 10_000, false));
  }

  @Override
  int kvHeads(ConfigReader config, int heads) {
    return config.positive("num_key_value_heads");
  }

  @Override
  boolean qkvBias(ConfigReader config) {
    return true;
  }

  @Override
  boolean outputBias(ConfigReader config) {
    return false;
  }

  @Override
  SlidingWindow window(ConfigReader config, int layers) {
    return window(config, layers, config.flag("use_sliding_window", false));
  }

  /** That of the Qwen families: of the layers from {@code max_window_layers} on. */
  static SlidingWindow window(ConfigReader config, int layers, boolean used) {
    int size = used ? config.positiveOrNull("sliding_window", 4096) : 0;
    int first = config.whole("max_window_layers", 28);
    return SlidingWindow.read(config, size, layers, layer -> layer >= first);
  }

  @Override
  public String architecture() {
    return "Qwen2";
  }
}
