package org.rlhf4j.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.Parameters;
import org.rlhf4j.model.SmallParameters;
import org.rlhf4j.model.UserException;

class AdamWTest {

  private static JsonNode pytorch() throws IOException {
    return new ObjectMapper().readTree(AdamWTest.class.getResource("/fixtures/adamw.json"));
  }

  private static float[][] values(JsonNode named) {
    List<float[]> all = new ArrayList<>();
    for (JsonNode values : named) {
      float[] flat = new float[values.size()];
      for (int i = 0; i < flat.length; i++) {
        flat[i] = (float) values.get(i).doubleValue();
      }
      all.add(flat);
    }
    return all.toArray(float[][]::new);
  }

  private static Parameters initial(JsonNode fixture) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    fixture
        .get("shapes")
        .properties()
        .forEach(
            shape -> {
              List<Long> sizes = new ArrayList<>();
              shape.getValue().forEach(size -> sizes.add(size.longValue()));
              shapes.put(shape.getKey(), sizes);
            });
    Parameters parameters = SmallParameters.of(shapes);
    SmallParameters.setWeights(parameters, values(fixture.get("initial")));
    return parameters;
  }

  private static AdamW optimizer(Parameters parameters, JsonNode settings) {
    return new AdamW(
        parameters,
        settings.get("beta1").doubleValue(),
        settings.get("beta2").doubleValue(),
        settings.get("epsilon").doubleValue(),
        settings.get("weight_decay").doubleValue());
  }

  @Test
  void agreesWithPyTorch() throws IOException {
    JsonNode fixture = pytorch();
    JsonNode settings = fixture.get("settings");
    LearningRateSchedule schedule =
        new LearningRateSchedule(
            Schedule.LINEAR,
            settings.get("learning_rate").doubleValue(),
            fixture.get("warmup_steps").intValue(),
            fixture.get("steps").size());
    try (Parameters parameters = initial(fixture);
        AdamW optimizer = optimizer(parameters, settings)) {
      int step = 0;
      for (JsonNode expected : fixture.get("steps")) {
        step++;
        SmallParameters.setGradients(parameters, values(expected.get("gradients")));
        double norm = GradientNorm.clip(parameters, fixture.get("max_norm").doubleValue());
        assertThat(norm).isCloseTo(expected.get("norm").doubleValue(), within(1e-6));
        assertClose(parameters, values(expected.get("clipped")), true);
        double rate = schedule.at(step);
        assertThat(rate).isEqualTo(expected.get("learning_rate").doubleValue());
        optimizer.step(rate);
        assertClose(parameters, values(expected.get("parameters")), false);
      }
    }
  }

  private static void assertClose(Parameters parameters, float[][] expected, boolean gradients) {
    for (int i = 0; i < expected.length; i++) {
      float[] actual =
          gradients
              ? SmallParameters.gradient(parameters, i)
              : SmallParameters.weights(parameters, i);
      assertThat(actual).containsExactly(expected[i], within(5e-7f));
    }
  }

  @Test
  void firstUpdateByHand() {
    // p = 1, g = 0.5, rate 0.1, decay 0.2: p = 1 - 0.1 * 0.2 * 1 = 0.98;
    // m = 0.1 * 0.5 = 0.05, m / (1 - 0.9) = 0.5; v = 0.001 * 0.25, v / (1 - 0.999) = 0.25;
    // p = 0.98 - 0.1 * 0.5 / (0.5 + 0.5) = 0.93 with epsilon 0.5
    try (Parameters parameters = SmallParameters.of(new float[] {1});
        AdamW optimizer = new AdamW(parameters, 0.9, 0.999, 0.5, 0.2)) {
      SmallParameters.setGradients(parameters, new float[] {0.5f});
      optimizer.step(0.1);
      assertThat(SmallParameters.weights(parameters, 0))
          .containsExactly(new float[] {0.93f}, within(1e-6f));
    }
  }

  @Test
  void agreesWithAPlainLoop() {
    Random random = new Random(3);
    float[] start = normal(random, 37);
    double[] p = new double[start.length];
    double[] m = new double[start.length];
    double[] v = new double[start.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = start[i];
    }
    try (Parameters parameters = SmallParameters.of(start);
        AdamW optimizer = new AdamW(parameters, 0.9, 0.99, 1e-8, 0.01)) {
      for (int t = 1; t <= 20; t++) {
        double rate = 0.01 * t;
        float[] g = normal(random, start.length);
        SmallParameters.setGradients(parameters, g);
        optimizer.step(rate);
        for (int i = 0; i < p.length; i++) {
          p[i] -= rate * 0.01 * p[i];
          m[i] = 0.9 * m[i] + 0.1 * g[i];
          v[i] = 0.99 * v[i] + 0.01 * g[i] * g[i];
          double mean = m[i] / (1 - Math.pow(0.9, t));
          double square = v[i] / (1 - Math.pow(0.99, t));
          p[i] -= rate * mean / (Math.sqrt(square) + 1e-8);
        }
      }
      float[] trained = SmallParameters.weights(parameters, 0);
      for (int i = 0; i < p.length; i++) {
        assertThat((double) trained[i]).isCloseTo(p[i], within(2e-6));
      }
    }
  }

  private static float[] normal(Random random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  @Test
  void goesOnFromItsSavedStateToTheSameBits(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("optimizer.safetensors");
    float[] first = {1, -2, 3};
    float[] second = {0.5f};
    try (Parameters parameters = SmallParameters.of(first, second);
        Parameters resumed = SmallParameters.of(first, second);
        AdamW optimizer = new AdamW(parameters, 0.9, 0.999, 1e-8, 0);
        AdamW other = new AdamW(resumed, 0.9, 0.999, 1e-8, 0);
        AdamW forgetful = new AdamW(resumed, 0.9, 0.999, 1e-8, 0)) {
      update(parameters, optimizer, 0.3f);
      update(parameters, optimizer, -0.7f);
      optimizer.save(file);
      float[][] saved = weights(parameters);
      update(parameters, optimizer, 0.2f);

      SmallParameters.setWeights(resumed, saved);
      other.load(file);
      update(resumed, other, 0.2f);
      assertThat(weights(resumed)).isDeepEqualTo(weights(parameters));

      SmallParameters.setWeights(resumed, saved);
      update(resumed, forgetful, 0.2f);
      assertThat(weights(resumed)[0]).isNotEqualTo(weights(parameters)[0]);
    }
  }

  private static void update(Parameters parameters, AdamW optimizer, float gradient) {
    SmallParameters.setGradients(
        parameters, new float[] {gradient, 2 * gradient, -gradient}, new float[] {gradient});
    optimizer.step(0.01);
  }

  private static float[][] weights(Parameters parameters) {
    return new float[][] {
      SmallParameters.weights(parameters, 0), SmallParameters.weights(parameters, 1)
    };
  }

  @Test
  void refusesTheStateOfAnotherModel(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("optimizer.safetensors");
    try (Parameters parameters = SmallParameters.of(new float[3]);
        Parameters longer = SmallParameters.of(new float[4]);
        AdamW optimizer = new AdamW(parameters, 0.9, 0.999, 1e-8, 0);
        AdamW other = new AdamW(longer, 0.9, 0.999, 1e-8, 0)) {
      optimizer.save(file);
      assertThatThrownBy(() -> other.load(file))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("exp_avg.vector0 should have shape [4], not [3]");
    }
  }

  @Test
  void refusesAStateThatLacksAWeight(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("optimizer.safetensors");
    try (Parameters parameters = SmallParameters.of(new float[3]);
        Parameters more = SmallParameters.of(new float[3], new float[2]);
        AdamW optimizer = new AdamW(parameters, 0.9, 0.999, 1e-8, 0);
        AdamW other = new AdamW(more, 0.9, 0.999, 1e-8, 0)) {
      optimizer.save(file);
      assertThatThrownBy(() -> other.load(file))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("exp_avg.vector1 should have shape [2] and is missing");
    }
  }

  /** Two vectors have two means and two squares; with those gone the weights are still there. */
  @Test
  void closingFreesItsMeansAndNothingElse() {
    try (Parameters parameters = SmallParameters.of(new float[] {1, 2, 3}, new float[] {4})) {
      int before = parameters.manager().getManagedArrays().size();
      AdamW optimizer = new AdamW(parameters, 0.9, 0.999, 1e-8, 0);
      assertThat(parameters.manager().getManagedArrays()).hasSize(before + 4);
      optimizer.close();
      assertThat(parameters.manager().getManagedArrays()).hasSize(before);
      assertThat(SmallParameters.weights(parameters, 0)).containsExactly(1, 2, 3);
    }
  }

  @Test
  void leavesNoTensorBehind() {
    try (Parameters parameters = SmallParameters.of(new float[3], new float[1]);
        AdamW optimizer = new AdamW(parameters, 0.9, 0.999, 1e-8, 0)) {
      update(parameters, optimizer, 1);
      int before = parameters.manager().getManagedArrays().size();
      optimizer.step(0.01);
      optimizer.step(0.01);
      assertThat(parameters.manager().getManagedArrays()).hasSize(before);
    }
  }
}
