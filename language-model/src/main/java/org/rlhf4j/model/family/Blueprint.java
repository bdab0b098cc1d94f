package org.rlhf4j.model.family;

import java.util.List;
import java.util.Map;
import org.rlhf4j.model.weights.ParameterSpec;

/**
 * What a configuration asks for.
 *
 * @param dimensions the network's sizes
 * @param constants what its script reads beside them, by name: an {@code Integer}, a {@code
 *     Double}, or a list of either
 * @param parameters the backbone's weights in the order in which the script indexes them
 */
public record Blueprint(
    Dimensions dimensions, Map<String, Object> constants, List<ParameterSpec> parameters) {
  /** Keeps copies. */
  public Blueprint {
    constants = Map.copyOf(constants);
    parameters = List.copyOf(parameters);
  }
}
