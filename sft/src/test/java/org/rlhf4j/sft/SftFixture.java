package org.rlhf4j.sft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.optimizer.Schedule;

/** The tiny model and the steps that PyTorch made from it; see bench/reference. */
final class SftFixture {

  static final Path FOLDER = Path.of("src/test/resources/fixtures/sft");
  static final Path MODEL = FOLDER.resolve("model");
  static final Path FINAL = FOLDER.resolve("final.safetensors");

  private SftFixture() {}

  static LanguageModel model() {
    return LanguageModel.load(MODEL);
  }

  static JsonNode expected() throws IOException {
    return new ObjectMapper().readTree(FOLDER.resolve("expected.json").toFile());
  }

  static OptimizerSettings optimizer() throws IOException {
    JsonNode settings = expected().get("settings");
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
  static OptimizerSettings steady() {
    return new OptimizerSettings(1e-3, Schedule.CONSTANT, 0, 0, 0.9, 0.999, 1e-5, 1);
  }

  static List<TokenizedRow> rows(JsonNode step) {
    List<TokenizedRow> rows = new ArrayList<>();
    step.get("rows")
        .forEach(row -> rows.add(row(ints(row.get("prompt")), ints(row.get("completion")))));
    return rows;
  }

  static List<TokenizedRow> firstRows() throws IOException {
    return rows(expected().get("steps").get(0));
  }

  /** A row of which all of the completion is trained on. */
  static TokenizedRow row(int[] prompt, int[] completion) {
    Demonstration from = new Demonstration("", "", false, new Location("fixture", 1, 1));
    return new TokenizedRow(TokenTree.of(prompt, completion), from, 0, 0);
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).intValue();
    }
    return values;
  }

  /** All weights by name. */
  static Map<String, float[]> weights(Parameters parameters) {
    Map<String, float[]> weights = new LinkedHashMap<>();
    parameters.tensors().forEach((name, tensor) -> weights.put(name, tensor.values()));
    return weights;
  }
}
