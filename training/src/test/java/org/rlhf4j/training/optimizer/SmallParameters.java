package org.rlhf4j.training.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.weights.ParameterSpec;
import org.rlhf4j.model.weights.Parameters;

/** Weights of any shapes for tests, and direct access to them and their gradients. */
public final class SmallParameters {

  private SmallParameters() {}

  /** Trainable weights of these shapes, all 0. */
  public static Parameters of(Map<String, List<Long>> shapes) {
    Parameters parameters =
        Parameters.zeros(
            shapes.entrySet().stream()
                .map(
                    shape ->
                        new ParameterSpec(
                            shape.getKey(),
                            shape.getValue(),
                            List.of(new ParameterSpec.Part(shape.getKey(), shape.getValue())),
                            false,
                            ParameterSpec.Initial.ZEROS))
                .toList());
    parameters.trainable(true);
    return parameters;
  }

  /** Trainable vectors with these values. */
  public static Parameters of(float[]... vectors) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    for (int i = 0; i < vectors.length; i++) {
      shapes.put("vector" + i, List.of((long) vectors[i].length));
    }
    Parameters parameters = of(shapes);
    setWeights(parameters, vectors);
    return parameters;
  }

  /** Overwrites the weights, one flat array a parameter. */
  public static void setWeights(Parameters parameters, float[]... values) {
    for (int i = 0; i < values.length; i++) {
      float[] flat = values[i];
      parameters.change(i, memory -> memory.asFloatBuffer().put(flat));
    }
  }

  /** Makes the gradients these, one flat array a parameter: those of Σ weight · value. */
  public static void setGradients(Parameters parameters, float[]... values) {
    parameters.zeroGradients();
    try (NDManager scope = parameters.manager().newSubManager();
        GradientCollector collector = scope.getEngine().newGradientCollector()) {
      NDList terms = new NDList();
      for (int i = 0; i < values.length; i++) {
        NDArray weights = parameters.list().get(i);
        NDArray factors = scope.create(values[i], weights.getShape());
        NDArray term = weights.mul(factors).sum();
        term.attach(scope);
        terms.add(term);
      }
      collector.backward(NDArrays.stack(terms));
    }
  }

  /** The weights of one parameter, flat. */
  public static float[] weights(Parameters parameters, int index) {
    return parameters.list().get(index).toFloatArray();
  }

  /** The gradient of one parameter, flat. */
  public static float[] gradient(Parameters parameters, int index) {
    try (NDManager scope = parameters.manager().newSubManager()) {
      return parameters.gradients(scope).get(index).toFloatArray();
    }
  }
}
