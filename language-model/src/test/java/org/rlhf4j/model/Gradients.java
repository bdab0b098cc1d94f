package org.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;

/** The gradients that a model's weights have collected, as plain numbers. */
public record Gradients(List<ParameterSpec> specs, List<float[]> values) {

  /** Takes the gradients out and sets the model's to zero. */
  public static Gradients take(Parameters parameters) {
    List<float[]> values = new ArrayList<>();
    try (NDManager scope = Torch.manager()) {
      NDList gradients = parameters.gradients(scope);
      gradients.forEach(gradient -> values.add(gradient.toFloatArray()));
    }
    parameters.zeroGradients();
    return new Gradients(parameters.specs(), values);
  }

  public float[] get(String name) {
    for (int i = 0; i < specs.size(); i++) {
      if (specs.get(i).name().equals(name)) {
        return values.get(i);
      }
    }
    throw new IllegalArgumentException(name);
  }

  /** The largest difference between two elements, by the largest of the same parameter's. */
  public double distance(Gradients other) {
    double worst = 0;
    for (int i = 0; i < values.size(); i++) {
      double largest = 0;
      double difference = 0;
      for (int j = 0; j < values.get(i).length; j++) {
        largest = Math.max(largest, Math.abs(values.get(i)[j]));
        difference = Math.max(difference, Math.abs(values.get(i)[j] - other.values.get(i)[j]));
      }
      assertThat(largest).as(specs.get(i).name()).isGreaterThan(0);
      worst = Math.max(worst, difference / largest);
    }
    return worst;
  }
}
