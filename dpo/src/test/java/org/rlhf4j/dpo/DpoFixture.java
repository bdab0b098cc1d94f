package org.rlhf4j.dpo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.data.token.TrainedPart;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.testing.stages.PyTorchFixture;
import org.rlhf4j.testing.stages.RowStage;

/** The tiny policy and reference, and the steps that PyTorch made; see bench/reference. */
final class DpoFixture {

  static final Path FOLDER = Path.of("src/test/resources/fixtures/dpo");
  static final Path POLICY = FOLDER.resolve("policy");
  static final Path REFERENCE = FOLDER.resolve("reference");
  static final RowStage STAGE =
      new RowStage(DpoStage.TYPE, POLICY, "\"chosen\": \" It is %d.\", \"rejected\": \" no\"");

  private DpoFixture() {}

  static LanguageModel policy() {
    return LanguageModel.load(POLICY);
  }

  static JsonNode expected(String variant) throws IOException {
    return PyTorchFixture.expected(FOLDER.resolve(variant));
  }

  static DpoSettings settings(JsonNode settings) {
    boolean withPrompts = settings.path("train-on").size() == 2;
    return new DpoSettings(
        DpoLoss.valueOf(settings.get("loss").textValue().toUpperCase(Locale.ROOT)),
        settings.get("beta").doubleValue(),
        settings.path("reference-free").booleanValue(),
        settings.path("label-smoothing").doubleValue(),
        Smoothing.valueOf(
            settings.path("smoothing").asText("conservative").toUpperCase(Locale.ROOT)),
        settings.has("target-margin") ? settings.get("target-margin").doubleValue() : null,
        withPrompts
            ? List.of(TrainedPart.PROMPT, TrainedPart.COMPLETION)
            : List.of(TrainedPart.COMPLETION));
  }

  /** The settings of a loss at its defaults. */
  static DpoSettings settings(DpoLoss loss) {
    return new DpoSettings(
        loss, null, false, 0, Smoothing.CONSERVATIVE, null, List.of(TrainedPart.COMPLETION));
  }

  static List<TokenizedRow> rows(JsonNode step) {
    List<TokenizedRow> rows = new ArrayList<>();
    for (JsonNode row : step.get("rows")) {
      List<int[]> completions = new ArrayList<>();
      row.get("completions").forEach(ids -> completions.add(PyTorchFixture.ints(ids)));
      rows.add(row(new TokenTree(PyTorchFixture.ints(row.get("prompt")), completions)));
    }
    return rows;
  }

  static List<float[]> refLogprobs(JsonNode step) {
    List<float[]> all = new ArrayList<>();
    step.get("rows").forEach(row -> all.add(floats(row.get("ref_logprobs"))));
    return all;
  }

  static float[] floats(JsonNode array) {
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).floatValue();
    }
    return values;
  }

  /** A row of token ids alone. */
  static TokenizedRow row(TokenTree tree) {
    List<String> texts = Collections.nCopies(tree.completions().size(), "");
    Comparison comparison = new Comparison("", texts, 0, new Location("fixture", 1, 1));
    return new TokenizedRow(tree, comparison, 0, 0);
  }
}
