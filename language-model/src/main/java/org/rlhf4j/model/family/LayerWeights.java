package org.rlhf4j.model.family;

import static org.rlhf4j.model.weights.ParameterSpec.part;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.ParameterSpec.Initial;
import org.rlhf4j.model.weights.ParameterSpec.Part;

/**
 * The weights of one layer in the script's order. The script knows each by the name of its place,
 * which is a constant of it: its index within the layer, −1 where the model has none.
 */
final class LayerWeights {
  private final String prefix;
  private final Initial weight;
  private final List<ParameterSpec> specs = new ArrayList<>();
  private final Map<String, Integer> places = new LinkedHashMap<>();

  /**
   * A layer without weights.
   *
   * @param prefix of its tensors, such as "layers.3."
   * @param weight what fresh matrices are drawn from
   */
  LayerWeights(String prefix, Initial weight) {
    this.prefix = prefix;
    this.weight = weight;
  }

  /** Rows of a projection: those of one tensor of the checkpoint, without its ".weight". */
  record Out(String tensor, long width) {}

  static Out out(String tensor, long width) {
    return new Out(tensor, width);
  }

  /** A vector, such as a norm's weight. */
  void vector(String place, String tensor, Initial initial, long width) {
    put(place, ParameterSpec.of(prefix + tensor, initial, width));
  }

  /**
   * As many vectors of a width as one, such as a norm for each head; at no place where it is none.
   */
  void vectors(String place, String tensor, int count, long width) {
    if (count == 0) {
      places.put(place, -1);
      return;
    }
    List<Part> parts =
        IntStream.range(0, count)
            .mapToObj(i -> part(prefix + tensor + "." + i + ".weight", width))
            .toList();
    put(place, ParameterSpec.joined(prefix + tensor, Initial.ONES, parts));
  }

  /** Another place of what the layer has already. */
  void same(String place, String other) {
    places.put(place, places.get(other));
  }

  /**
   * A projection, with its bias at {@code place_bias}.
   *
   * @param name the script's name for it
   * @param in its input's width
   * @param outs the checkpoint's tensors that make it up
   */
  void projection(String place, String name, boolean bias, long in, Out... outs) {
    List<Part> matrices =
        Arrays.stream(outs).map(o -> part(prefix + o.tensor + ".weight", o.width, in)).toList();
    put(place, ParameterSpec.transposed(prefix + name + ".weight", weight, matrices));
    places.put(place + "_bias", bias ? specs.size() : -1);
    if (bias) {
      List<Part> vectors =
          Arrays.stream(outs).map(o -> part(prefix + o.tensor + ".bias", o.width)).toList();
      specs.add(ParameterSpec.joined(prefix + name + ".bias", Initial.ZEROS, vectors));
    }
  }

  private void put(String place, ParameterSpec spec) {
    places.put(place, specs.size());
    specs.add(spec);
  }

  List<ParameterSpec> specs() {
    return specs;
  }

  /** The places, and {@code stride}, the number of weights in a layer. */
  Map<String, Integer> constants() {
    Map<String, Integer> constants = new LinkedHashMap<>(places);
    constants.put("stride", specs.size());
    return constants;
  }
}
