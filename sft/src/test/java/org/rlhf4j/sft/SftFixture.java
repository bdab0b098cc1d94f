package org.rlhf4j.sft;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.testing.stages.PyTorchFixture;
import org.rlhf4j.testing.stages.RowStage;
import org.rlhf4j.training.optimizer.OptimizerSettings;

/** The tiny model and the steps that PyTorch made from it; see bench/reference. */
final class SftFixture {

  static final Path FOLDER = Path.of("src/test/resources/fixtures/sft");
  static final Path MODEL = FOLDER.resolve("model");
  static final Path FINAL = FOLDER.resolve("final.safetensors");
  static final RowStage STAGE =
      new RowStage(SftStage.TYPE, MODEL, "\"completion\": \" It is %d.\"");

  private SftFixture() {}

  static LanguageModel model() {
    return LanguageModel.load(MODEL);
  }

  static JsonNode expected() throws IOException {
    return PyTorchFixture.expected(FOLDER);
  }

  static OptimizerSettings optimizer() throws IOException {
    return PyTorchFixture.optimizer(expected().get("settings"));
  }

  static List<TokenizedRow> rows(JsonNode step) {
    List<TokenizedRow> rows = new ArrayList<>();
    step.get("rows")
        .forEach(
            row ->
                rows.add(
                    row(
                        PyTorchFixture.ints(row.get("prompt")),
                        PyTorchFixture.ints(row.get("completion")))));
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
}
