package org.rlhf4j.model.family;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** SmolLM3: Llama that turns nothing in some layers (Bakouch et al. 2025). */
final class SmolLm3 extends LlamaLike {
  SmolLm3() {
    super(new Defaults(32_768, 1e-6, 2_000_000, true));
  }

  @Override
  int kvHeads(ConfigReader config, int heads) {
    return config.positive("num_key_value_heads");
  }

  @Override
  boolean mlpBias(ConfigReader config) {
    return config.flag("mlp_bias", false);
  }

  @Override
  SlidingWindow window(ConfigReader config, int layers) {
    List<Integer> turned = turnedLayers(config, layers);
    boolean used = config.flag("use_sliding_window", false);
    int size = used ? config.positiveOrNull("sliding_window", 0) : 0;
    return SlidingWindow.read(config, size, layers, layer -> turned.get(layer) == 0);
  }

  @Override
  Map<String, Object> rotary(ConfigReader config, Dimensions d) {
    Map<String, Object> constants = new HashMap<>(super.rotary(config, d));
    constants.put("turned_layers", turnedLayers(config, d.layers()));
    return constants;
  }

  /** {@code no_rope_layers}: 1 for each layer with rotary positions, whatever the name says. */
  private static List<Integer> turnedLayers(ConfigReader config, int layers) {
    List<Integer> turned = new ArrayList<>();
    if (config.has("no_rope_layers")) {
      turned.addAll(config.wholes("no_rope_layers"));
      config.require(
          turned.size() >= layers && turned.stream().allMatch(layer -> layer == 0 || layer == 1),
          "no_rope_layers",
          "0 or 1 for each of " + layers + " layers");
      return turned.subList(0, layers);
    }
    int interval = config.positive("no_rope_layer_interval", 4);
    for (int layer = 1; layer <= layers; layer++) {
      turned.add(layer % interval == 0 ? 0 : 1);
    }
    return turned;
  }

  @Override
  public List<String> scripts() {
    return List.of("rotary.py", "llama.py", "smollm3.py");
  }

  @Override
  public String architecture() {
    return "SmolLM3";
  }
}
