package org.rlhf4j.testing.stages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.optimizer.Schedule;

/** What the fixtures of training have in common; see bench/reference. */
public final class PyTorchFixture {
  /** How far apart weights may be after a fixture's steps. */
  private static final Offset<Float> WEIGHTS = within(2e-5f);

  private PyTorchFixture() {}

  /** The settings and steps of a folder. */
  public static JsonNode expected(Path folder) throws IOException {
    return new ObjectMapper().readTree(folder.resolve("expected.json").toFile());
  }

  /** The optimizer of a fixture's settings. */
  public static OptimizerSettings optimizer(JsonNode settings) {
    return new OptimizerSettings(
        settings.get("learning-rate").doubleValue(),
        Schedule.LINEAR,
        settings.get("warmup-steps").intValue(),
        settings.get("weight-decay").doubleValue(),
        settings.get("adam-beta1").doubleValue(),
        settings.get("adam-beta2").doubleValue(),
        settings.get("adam-epsilon").doubleValue(),
        settings.get("max-grad-norm").doubleValue());
  }

  /** A constant rate, and an ε above the rounding noise of gradients that are nearly 0. */
  public static OptimizerSettings steady() {
    return new OptimizerSettings(1e-3, Schedule.CONSTANT, 0, 0, 0.9, 0.999, 1e-5, 1);
  }

  /** A fixture's settings as a command takes them. */
  public static Map<String, List<String>> given(JsonNode settings) {
    Map<String, List<String>> given = new LinkedHashMap<>();
    settings
        .properties()
        .forEach(setting -> given.put(setting.getKey(), List.of(setting.getValue().asText())));
    return given;
  }

  /** A list of ids. */
  public static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).intValue();
    }
    return values;
  }

  /** All weights by name. */
  public static Map<String, float[]> weights(Parameters parameters) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    parameters.tensors().forEach((name, tensor) -> weights.put(name, tensor.values()));
    return weights;
  }

  /** Holds weights against a file, which may name them with or without {@code model.}. */
  public static void checkWeights(Parameters parameters, Path file) {
    Safetensors expected = Safetensors.open(file);
    assertThat(parameters.tensors()).hasSameSizeAs(expected.entries());
    weights(parameters)
        .forEach(
            (name, values) -> {
              String key = expected.entries().containsKey(name) ? name : "model." + name;
              assertThat(values).as(name).containsExactly(expected.values(key), WEIGHTS);
            });
  }
}
