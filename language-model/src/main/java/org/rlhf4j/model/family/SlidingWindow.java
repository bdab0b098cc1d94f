package org.rlhf4j.model.family;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Layers whose tokens see only the last ones before them.
 *
 * @param size how many tokens they see, themselves among them; 0 where all layers see all
 * @param layers which layers they are
 */
record SlidingWindow(int size, List<Boolean> layers) {
  private static final String SLIDING = "sliding_attention";
  private static final String FULL = "full_attention";

  /** All layers of a network. */
  static SlidingWindow everywhere(int size, int layers) {
    return of(size, layers, layer -> size > 0);
  }

  static SlidingWindow none(int layers) {
    return everywhere(0, layers);
  }

  /**
   * The layers that {@code layer_types} names, else those that the family takes.
   *
   * @param size {@code sliding_window}, 0 where it isn't in use
   * @param otherwise the layers where the configuration names none
   */
  static SlidingWindow read(ConfigReader config, int size, int layers, IntPredicate otherwise) {
    if (!config.has("layer_types")) {
      return of(size, layers, layer -> size > 0 && otherwise.test(layer));
    }
    List<String> types = config.texts("layer_types");
    config.require(
        types.size() == layers && types.stream().allMatch(t -> t.equals(SLIDING) || t.equals(FULL)),
        "layer_types",
        FULL + " or " + SLIDING + " for each of " + layers + " layers");
    config.require(
        size > 0 || !types.contains(SLIDING), "layer_types", SLIDING + " with a sliding_window");
    return of(size, layers, layer -> types.get(layer).equals(SLIDING));
  }

  private static SlidingWindow of(int size, int layers, IntPredicate sliding) {
    List<Boolean> all = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      all.add(sliding.test(layer));
    }
    return new SlidingWindow(all.contains(true) ? size : 0, all);
  }

  /** What the script reads. */
  Map<String, Object> constants() {
    return Map.of(
        "window", size, "sliding", layers.stream().map(sliding -> sliding ? 1 : 0).toList());
  }
}
