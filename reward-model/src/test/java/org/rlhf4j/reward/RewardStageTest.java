package org.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.rlhf4j.testing.stages.RunFiles.killAfter;
import static org.rlhf4j.testing.stages.RunFiles.withoutClock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.testing.stages.OnADevice;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.optimizer.NonFiniteException;

class RewardStageTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Settings<RewardConfig> SETTINGS = Settings.of(RewardConfig.class);

  @TempDir private Path folder;
  private Path data;

  @BeforeEach
  void writeRows() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      lines.add(
          String.format(
              Locale.ROOT,
              """
          {"prompt": "Human: what is %d?", "chosen": " It is %d.", "rejected": " no", "by": %d}""",
              i,
              i * 7,
              i % 3));
    }
    data = Files.write(folder.resolve("rows.jsonl"), lines);
  }

  private Path run(String name, String... options) throws IOException {
    Map<String, List<String>> given = new LinkedHashMap<>();
    given.put("model", List.of(RewardFixture.MODEL.toString()));
    given.put("data", List.of(data.toString()));
    given.put("output", List.of(folder.resolve(name).toString()));
    given.put("learning-rate", List.of("1e-3"));
    given.put("batch-size", List.of("4"));
    given.put("checkpoint-every", List.of("2"));
    given.put("keep-checkpoints", List.of("9"));
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], List.of(options[i + 1]));
    }
    StageRun.train(RewardStage.TYPE, SETTINGS.bind(Written.Mapping.EMPTY, given));
    return folder.resolve(name);
  }

  @Test
  void learnsToTellTheSidesApartAndWritesWhatItFound() throws IOException {
    Path run = run("run", "steps", "20", "eval-fraction", "0.2");
    List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
    JsonNode last = JSON.readTree(lines.get(lines.size() - 1));
    JsonNode evaluation = JSON.readTree(run.resolve("evaluation.json").toFile());
    assertThat(evaluation.get("accuracy").doubleValue()).isEqualTo(1);
    assertThat(last.get("eval_accuracy")).isEqualTo(evaluation.get("accuracy"));
    assertThat(last.get("eval_loss")).isEqualTo(evaluation.get("loss"));
    Manifest manifest = Manifest.read(run).orElseThrow();
    assertThat(manifest.kind()).isEqualTo("reward-model");
    assertThat(manifest.base()).isEqualTo("model");
    assertThat(manifest.accuracy()).isEqualTo(1.0);
    assertThat(manifest.scoreDeviation()).isPositive();
    assertThat(manifest.versions()).containsKeys("djl", "pytorch", "rlhf4j");
    Manifest.loadVerified(run).close();
  }

  /** The slope is worked out again from the scores of the same run without it, in plain loops. */
  @Test
  void whatScoresOweToLengthIsTakenOut() throws IOException {
    String[] options = {"steps", "4", "eval-fraction", "0.2"};
    Path plain = run("plain", options);
    String[] debias = {"steps", "4", "eval-fraction", "0.2", "length-debias", "true"};
    Path run = run("run", debias);
    assertThat(run.resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(plain.resolve("model/model.safetensors"));
    assertThat(plain.resolve("model/rlhf.json")).content().doesNotContain("length_slope");
    assertThat(plain.resolve("evaluation.json")).content().doesNotContain("length_debias");
    JsonNode found = JSON.readTree(run.resolve("evaluation.json").toFile()).get("length_debias");
    double slope = found.get("slope").doubleValue();
    assertThat(Manifest.read(run).orElseThrow().lengthSlope()).isEqualTo(slope).isNotZero();
    TokenTree tree = new TokenTree(new int[] {5}, List.of(new int[] {6, 7, 8}, new int[] {9}));
    try (ScalarModel before = Manifest.loadVerified(plain);
        ScalarModel after = Manifest.loadVerified(run);
        ScalarModel copy = after.copy()) {
      float[] raw = Scorer.score(before, List.of(tree), 64).get(0);
      float[] less = Scorer.score(after, List.of(tree), 64).get(0);
      assertThat(less[0]).isCloseTo((float) (raw[0] - 3 * slope), within(1e-5f));
      assertThat(less[1]).isCloseTo((float) (raw[1] - slope), within(1e-5f));
      assertThat(Scorer.score(copy, List.of(tree), 64).get(0)).isEqualTo(raw);
    }
    double correlation = found.get("after").get("length_correlation").doubleValue();
    assertThat(Math.abs(correlation))
        .isLessThan(Math.abs(found.get("before").get("length_correlation").doubleValue()));
    assertThat(JSON.readTree(run.resolve("evaluation.json").toFile()).get("accuracy"))
        .isEqualTo(found.get("after").get("accuracy"));
    assertThat(JSON.readTree(plain.resolve("evaluation.json").toFile()).get("accuracy"))
        .isEqualTo(found.get("before").get("accuracy"));
  }

  @Test
  void onADeviceARunIsAsOnTheHost() throws IOException {
    OnADevice.isAsOnTheHost(
        this::run, "steps", "2", "eval-fraction", "0.2", "checkpoint-every", "1");
  }

  @Test
  void aStoppedRunGoesOnToTheSameBits() throws IOException {
    Path whole = run("whole", "steps", "6");
    Path stopped = run("stopped", "steps", "6");
    killAfter(2, stopped);
    run("stopped", "steps", "6", "resume", "true");
    assertThat(withoutClock(stopped)).isEqualTo(withoutClock(whole));
    for (String file : List.of("model/model.safetensors", "model/rlhf.json", "evaluation.json")) {
      assertThat(stopped.resolve(file)).hasSameBinaryContentAs(whole.resolve(file));
    }
  }

  @Test
  void anAdapterIsTrainedWithItsHeadAndKeepsItsProbes() throws IOException {
    String[] options = {"steps", "12", "eval-fraction", "0.2", "lora-rank", "2"};
    Path run = run("run", options);
    JsonNode evaluation = JSON.readTree(run.resolve("evaluation.json").toFile());
    assertThat(evaluation.get("accuracy").doubleValue()).isGreaterThan(0.5);
    Manifest manifest = Manifest.read(run.resolve("model")).orElseThrow();
    assertThat(manifest.probes()).isNotEmpty();
    try (ScalarModel model = Manifest.loadVerified(run)) {
      assertThat(model.isAdapted()).isTrue();
    }
    Path again = run("again", options);
    assertThat(again.resolve("model/adapter_model.safetensors"))
        .hasSameBinaryContentAs(run.resolve("model/adapter_model.safetensors"));
  }

  /** Without these checks each would count as a manifest whose probes all agree. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"probes\" : null",
        "\"probes\" : []",
        "\"probes\" : [ null ]",
        "\"probes\" : [ {\"prompt\": \"a\", \"completion\": null, \"score\": 1} ]",
        "\"probes\" : [ {\"prompt\": \"a\", \"completion\": \"b\", \"score\": 1e400} ]"
      })
  void aManifestNeedsProbes(String probes) throws IOException {
    Path file = folder.resolve("rlhf.json");
    Files.writeString(
        file, "{\"kind\" : \"reward-model\", \"tokenizer_hash\" : \"0\", " + probes + "}");
    assertThatThrownBy(() -> Manifest.read(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(file + ": not a manifest (");
  }

  /** bf16 keeps 8 bits of a weight: its scores are others than those in fp32 of the same run. */
  @Test
  void whatIsWrittenInSixteenBitsIsWhatItsManifestDescribes() throws IOException {
    Path run = run("run", "steps", "4", "eval-fraction", "0.2");
    Path rounded = run("rounded", "steps", "4", "eval-fraction", "0.2", "save-dtype", "bf16");
    assertThat(withoutClock(rounded)).isEqualTo(withoutClock(run));
    Manifest manifest = Manifest.read(rounded).orElseThrow();
    assertThat(manifest.headHash()).isNotEqualTo(Manifest.read(run).orElseThrow().headHash());
    Manifest.loadVerified(rounded).close();
    Files.copy(
        run.resolve("model/rlhf.json"),
        rounded.resolve("model/rlhf.json"),
        StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> Manifest.loadVerified(rounded)).isInstanceOf(UserException.class);
  }

  /**
   * Its probes were scored in bf16: in fp32 they are near, by more than fp32 alone would explain.
   */
  @Test
  void aModelTrainedInBf16IsRecognizedInBothFormats() throws IOException {
    Path run = run("run", "steps", "6", "eval-fraction", "0.2", "precision", "bf16");
    Manifest manifest = Manifest.read(run).orElseThrow();
    assertThat(manifest.precision()).isEqualTo(Precision.BF16);
    assertThat(run.resolve("model/rlhf.json")).content().contains("\"precision\" : \"bf16\"");
    try (ScalarModel rounded = Manifest.loadVerified(run, Precision.BF16);
        ScalarModel exact = Manifest.loadVerified(run)) {
      Probe probe = manifest.probes().get(0);
      assertThat(probe.rescored(rounded)).contains(probe);
      assertThat(probe.rescored(exact)).isNotEqualTo(probe.rescored(rounded));
    }
    Path exact = run("exact", "steps", "6", "eval-fraction", "0.2");
    assertThat(withoutClock(exact)).isNotEqualTo(withoutClock(run));
    Manifest.loadVerified(exact, Precision.BF16).close();
    assertThatThrownBy(
            () -> run("none", "freeze-backbone", "true", "gradient-checkpointing", "true"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("sends nothing back through the layers");
  }

  @Test
  void aLastUpdateThatDivergedMakesNoModel() {
    for (String frozen : List.of("true", "false")) {
      Path run = folder.resolve("diverged-" + frozen);
      assertThatThrownBy(
              () ->
                  run(
                      run.getFileName().toString(),
                      "steps",
                      "1",
                      "learning-rate",
                      "1e300",
                      "freeze-backbone",
                      frozen))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageMatching(
              "step 1: the tensor \\S+ holds (NaN|-?Infinity) after the update; .*");
      assertThat(run.resolve("model")).doesNotExist();
      assertThat(run.resolve("evaluation.json")).doesNotExist();
    }
  }

  @Test
  void aStepThatIsNotFiniteLeavesItsBatch() throws IOException {
    assertThatThrownBy(() -> run("run", "learning-rate", "1e30", "max-grad-norm", "0"))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("step 2")
        .hasMessageContaining("failed-batch.jsonl");
    List<String> batch = Files.readAllLines(folder.resolve("run/failed-batch.jsonl"));
    assertThat(batch).hasSize(4);
    assertThat(JSON.readTree(batch.get(0)).get("completions").get(1).textValue()).isEqualTo(" no");
    assertThat(batch.get(0)).contains("rows.jsonl:").contains("\"margin\":0.0");
  }

  @Test
  void withNothingHeldOutTheManifestHasNoAccuracy() throws IOException {
    Path run = run("run", "steps", "1", "eval-fraction", "0");
    assertThat(run.resolve("evaluation.json")).doesNotExist();
    Manifest manifest = Manifest.read(run).orElseThrow();
    assertThat(manifest.accuracy()).isNull();
    assertThat(manifest.pairs()).isZero();
    assertThat(manifest.scoreDeviation()).isPositive();
  }

  @Test
  void normalizesOnTheCompletionsThatAreGiven() throws IOException {
    Path good =
        Files.write(
            folder.resolve("good.jsonl"),
            List.of(
                "{\"prompt\": \"Human: hi\", \"completion\": \" It is 7.\"}",
                "{\"prompt\": \"Human: ho\", \"completion\": \" no\"}"));
    Path run = run("run", "steps", "4", "normalize-on", good.toString());
    Path plain = run("plain", "steps", "4");
    // The weights, and so all scores, stay what they are.
    assertThat(run.resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(plain.resolve("model/model.safetensors"));
    List<float[]> scores = scores(run, good, RowKind.DEMONSTRATIONS);
    double seven = scores.get(0)[0];
    double no = scores.get(1)[0];
    // Of two, the mean is the middle and the deviation half of what lies between them.
    Normalization normalization = Normalization.of(run);
    assertThat(normalization.mean()).isCloseTo((seven + no) / 2, within(1e-5));
    assertThat(normalization.deviation()).isCloseTo(Math.abs(seven - no) / 2, within(1e-5));
    double higher = Math.max(seven, no);
    assertThat(normalization.of(higher)).isCloseTo(1, within(1e-3));
    assertThat(Normalization.of(plain)).isNotEqualTo(normalization);
    assertThat(Normalization.NONE.of(higher)).isEqualTo(higher);
    assertThatThrownBy(() -> Normalization.of(RewardFixture.MODEL))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no rlhf.json with score_mean");
  }

  /** The scores that a run's model gives rows of a file, one array per row. */
  private static List<float[]> scores(Path run, Path file, RowKind<?> kind) {
    try (ScalarModel model = Manifest.loadVerified(run)) {
      List<TokenTree> trees =
          new RowTokenizer(model.tokenizer(), 64)
              .tokenize(Rows.read(List.of(file), kind, OnBadRow.FAIL)).rows().stream()
                  .<TokenTree>map(TokenizedRow::tree)
                  .toList();
      return Scorer.score(model, trees, 64);
    }
  }

  private static double[] column(List<float[]> scores, int completion) {
    return scores.stream().mapToDouble(row -> row[completion]).toArray();
  }

  private static double mean(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  /** √(mean of the squares less the square of the mean), over n and not n − 1. */
  private static double deviation(double[] values) {
    double squares = 0;
    for (double value : values) {
      squares += value * value;
    }
    return Math.sqrt(squares / values.length - mean(values) * mean(values));
  }

  @Test
  void normalizesOnTheBestCompletionsThatAreHeldOut() throws IOException {
    Path heldOut =
        Files.write(
            folder.resolve("held-out.jsonl"),
            List.of(
                "{\"prompt\": \"Human: hi\", \"chosen\": \" It is 7.\", \"rejected\": \" never\"}",
                "{\"prompt\": \"Human: ho\", \"chosen\": \" good\", \"rejected\": \" ?\"}"));
    Path run = run("run", "steps", "4", "eval-data", heldOut.toString());
    List<float[]> scores = scores(run, heldOut, RowKind.COMPARISONS);
    double[] best = column(scores, 0);
    // Of two, the mean is the middle and the deviation half of what lies between them.
    Normalization normalization = Normalization.of(run);
    assertThat(normalization.mean()).isCloseTo((best[0] + best[1]) / 2, within(1e-5));
    assertThat(normalization.deviation()).isCloseTo(Math.abs(best[0] - best[1]) / 2, within(1e-5));
    // Neither the worst of these rows nor the best that were trained on would do.
    assertThat(mean(column(scores, 1))).isNotCloseTo(normalization.mean(), within(1e-3));
    double[] trainedOn = column(scores(run, data, RowKind.COMPARISONS), 0);
    assertThat(mean(trainedOn)).isNotCloseTo(normalization.mean(), within(1e-3));
  }

  /** With nothing held out: on the first 512 rows that were trained on. */
  @Test
  void normalizesOnTheBestCompletionsThatWereTrainedOn() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      // From row 512 on the better one is of another kind: one of those counts, and no more.
      String chosen = i < 511 ? " " + i % 10 : String.format(Locale.ROOT, " It is %d.", i);
      lines.add(
          String.format(
              Locale.ROOT,
              "{\"prompt\": \"%d?\", \"chosen\": \"%s\", \"rejected\": \" no\"}",
              i,
              chosen));
    }
    Files.write(data, lines);
    Path run = run("run", "steps", "2", "eval-fraction", "0");
    List<float[]> scores = scores(run, data, RowKind.COMPARISONS);
    double[] best = column(scores, 0);
    double[] first = Arrays.copyOf(best, 512);
    Normalization normalization = Normalization.of(run);
    assertThat(normalization.mean()).isCloseTo(mean(first), within(1e-5));
    assertThat(normalization.deviation()).isCloseTo(deviation(first), within(1e-5));
    // Neither the worst of the rows, nor all of them, nor one row less or more would do.
    assertThat(mean(column(scores, 1))).isNotCloseTo(normalization.mean(), within(1e-3));
    assertThat(mean(best)).isNotCloseTo(normalization.mean(), within(1e-3));
    for (int rows : new int[] {511, 513}) {
      assertThat(mean(Arrays.copyOf(best, rows))).isNotCloseTo(normalization.mean(), within(1e-4));
    }
  }

  @Test
  void theBestModelIsThatOfTheLeastHeldOutLoss() throws IOException {
    // At this rate the held-out loss jumps about, and the last step is not the best one.
    Path run =
        run(
            "run",
            "steps",
            "12",
            "eval-fraction",
            "0.2",
            "eval-every",
            "1",
            "keep-best",
            "true",
            "learning-rate",
            "0.3",
            "schedule",
            "constant");
    List<Double> losses = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      losses.add(JSON.readTree(line).get("eval_loss").doubleValue());
    }
    double least = losses.stream().mapToDouble(loss -> loss).min().orElseThrow();
    JsonNode evaluation = JSON.readTree(run.resolve("evaluation.json").toFile());
    assertThat(evaluation.get("loss").doubleValue()).isEqualTo(least);
    assertThat(losses.get(11)).isGreaterThan(least);
    assertThat(Manifest.read(run).orElseThrow().accuracy())
        .isEqualTo(evaluation.get("accuracy").doubleValue());
    Manifest.loadVerified(run).close();
  }

  @Test
  void marginsComeFromTheNamedColumn() throws IOException {
    Path plain = run("plain", "steps", "1");
    Path margins = run("margins", "steps", "1", "margin-column", "by");
    assertThat(loss(margins)).isGreaterThan(loss(plain));
    assertThatThrownBy(() -> run("none", "steps", "1", "margin-column", "bye"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("rows.jsonl:1:")
        .hasMessageContaining("bye");
  }

  private static double loss(Path run) throws IOException {
    String first = Files.readAllLines(run.resolve("metrics.jsonl")).get(0);
    return JSON.readTree(first).get("loss").doubleValue();
  }

  @Test
  void aChangedModelNoLongerMatchesItsProbes() throws IOException {
    Path run = run("run", "steps", "1");
    Path manifest = run.resolve("model/rlhf.json");
    Path other = run("other", "steps", "2").resolve("model/rlhf.json");
    Files.copy(other, manifest, StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> Manifest.loadVerified(run))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("probe 1 (\"Yes.\")")
        .hasMessageContaining("score.weight isn't the one that was trained");
    Files.delete(manifest);
    Manifest.loadVerified(run).close();
  }

  @Test
  void anotherTokenizerIsNamedAsTheCause() throws IOException {
    Path run = run("run", "steps", "1");
    Path file = run.resolve("model/rlhf.json");
    ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
    json.put("tokenizer_hash", "0");
    ((ObjectNode) json.get("probes").get(2)).put("score", 77);
    JSON.writeValue(file.toFile(), json.put("unknown", 1));
    assertThatThrownBy(() -> Manifest.loadVerified(run))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("probe 3")
        .hasMessageContaining("77.0")
        .hasMessageContaining("tokenizer.json isn't the one");
  }

  @Test
  void aManifestThatIsNoJsonIsRefused() throws IOException {
    Path run = run("run", "steps", "1");
    Files.writeString(run.resolve("model/rlhf.json"), "{");
    assertThatThrownBy(() -> Manifest.read(run))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("rlhf.json: not a manifest");
  }

  @Test
  void aModelWithoutManifestIsAccepted() {
    assertThat(Manifest.read(RewardFixture.MODEL)).isEmpty();
    ScalarModel model = Manifest.loadVerified(RewardFixture.MODEL);
    model.close();
  }
}
