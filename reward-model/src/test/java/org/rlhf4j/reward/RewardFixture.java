package org.rlhf4j.reward;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.testing.stages.PyTorchFixture;
import org.rlhf4j.testing.stages.RowStage;

/** The tiny reward model and the steps that PyTorch made from it; see bench/reference. */
final class RewardFixture {

  static final Path FOLDER = Path.of("src/test/resources/fixtures/bradley-terry");
  static final Path MODEL = FOLDER.resolve("model");
  static final RowStage STAGE =
      new RowStage(RewardStage.TYPE, MODEL, "\"chosen\": \" It is %d.\", \"rejected\": \" no\"");

  private RewardFixture() {}

  static ScalarModel model() {
    return ScalarModel.load(MODEL);
  }

  static JsonNode expected(String variant) throws IOException {
    return PyTorchFixture.expected(FOLDER.resolve(variant));
  }

  static List<TokenizedRow> rows(JsonNode step) {
    List<TokenizedRow> rows = new ArrayList<>();
    for (JsonNode row : step.get("rows")) {
      List<int[]> completions = new ArrayList<>();
      row.get("completions")
          .forEach(completion -> completions.add(PyTorchFixture.ints(completion)));
      TokenTree tree = new TokenTree(PyTorchFixture.ints(row.get("prompt")), completions);
      rows.add(row(tree, row.path("margin").asDouble(0)));
    }
    return rows;
  }

  /** The rows of the first step of a variant. */
  static List<TokenizedRow> firstRows(String variant) throws IOException {
    return rows(expected(variant).get("steps").get(0));
  }

  /** A row of token ids alone. */
  static TokenizedRow row(TokenTree tree, double margin) {
    List<String> texts = Collections.nCopies(tree.completions().size(), "");
    Comparison comparison = new Comparison("", texts, margin, new Location("fixture", 1, 1));
    return new TokenizedRow(tree, comparison, margin, 0);
  }

  /** All weights of a model, one after the other. */
  static List<Float> flat(ScalarModel model) {
    List<Float> all = new ArrayList<>();
    for (float[] weights : PyTorchFixture.weights(model.parameters()).values()) {
      for (float weight : weights) {
        all.add(weight);
      }
    }
    return all;
  }
}
