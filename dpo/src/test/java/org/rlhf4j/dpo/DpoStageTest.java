package org.rlhf4j.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.rlhf4j.testing.stages.RunFiles.killAfter;
import static org.rlhf4j.testing.stages.RunFiles.lines;
import static org.rlhf4j.testing.stages.RunFiles.withoutClock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
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
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.optimizer.NonFiniteException;

class DpoStageTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Settings<DpoConfig> SETTINGS = Settings.of(DpoConfig.class);

  @TempDir private Path folder;
  private Path data;

  @BeforeEach
  void writeRows() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      lines.add(
          String.format(
              Locale.ROOT,
              "{\"prompt\": \"Human: what is %d?\", \"chosen\": \" It is %d.\", \"rejected\": \" no\"}",
              i,
              i * 7));
    }
    data = Files.write(folder.resolve("rows.jsonl"), lines);
  }

  private DpoConfig config(String name, String... options) {
    Map<String, List<String>> given = new LinkedHashMap<>();
    given.put("model", List.of(DpoFixture.POLICY.toString()));
    given.put("data", List.of(data.toString()));
    given.put("output", List.of(folder.resolve(name).toString()));
    given.put("learning-rate", List.of("1e-3"));
    given.put("batch-size", List.of("4"));
    given.put("checkpoint-every", List.of("2"));
    given.put("keep-checkpoints", List.of("9"));
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], List.of(options[i + 1]));
    }
    return SETTINGS.bind(Written.Mapping.EMPTY, given);
  }

  private Path run(String name, String... options) throws IOException {
    StageRun.train(DpoStage.TYPE, config(name, options));
    return folder.resolve(name);
  }

  /** What a run says on the error stream. */
  private String said(String name, String... options) throws IOException {
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      run(name, options);
    } finally {
      System.setErr(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static JsonNode evaluation(Path run) throws IOException {
    return JSON.readTree(run.resolve("evaluation.json").toFile());
  }

  @Test
  void learnsToPreferAndWritesWhatItFound() throws IOException {
    Path run = run("run", "steps", "20", "eval-fraction", "0.2", "eval-every", "5");
    List<JsonNode> metrics = lines(run.resolve("metrics.jsonl"));
    JsonNode first = metrics.get(0);
    JsonNode last = metrics.get(19);
    assertThat(first.get("loss").doubleValue()).isCloseTo(Math.log(2), within(1e-4));
    assertThat(last.get("loss").doubleValue()).isLessThan(0.5);
    assertThat(last.get("margin_mean").doubleValue())
        .isCloseTo(
            last.get("chosen_reward").doubleValue() - last.get("rejected_reward").doubleValue(),
            within(1e-5));
    JsonNode evaluation = evaluation(run);
    assertThat(evaluation.get("accuracy").doubleValue()).isEqualTo(1);
    assertThat(last.get("eval_accuracy")).isEqualTo(evaluation.get("accuracy"));
    assertThat(last.get("eval_loss")).isEqualTo(evaluation.get("loss"));
    assertThat(last.get("eval_margin_mean")).isEqualTo(evaluation.get("margin_mean"));
    assertThat(run.resolve("model/config.json")).exists();
    assertThat(lines(run.resolve("samples.jsonl"))).hasSize(4 * 5);
  }

  /** The metrics, the model and the evaluation of a run that wasn't stopped, bit for bit. */
  private void requireSameAfterAStop(String name, String... options) throws IOException {
    Path whole = run(name, options);
    Path stopped = run(name + "-stopped", options);
    killAfter(2, stopped);
    String[] resumed = new String[options.length + 2];
    System.arraycopy(options, 0, resumed, 0, options.length);
    resumed[options.length] = "resume";
    resumed[options.length + 1] = "true";
    run(name + "-stopped", resumed);
    assertThat(withoutClock(stopped)).isEqualTo(withoutClock(whole));
    assertThat(stopped.resolve("evaluation.json"))
        .hasSameBinaryContentAs(whole.resolve("evaluation.json"));
    String weights =
        Files.exists(whole.resolve("model/model.safetensors"))
            ? "model/model.safetensors"
            : "model/adapter_model.safetensors";
    assertThat(stopped.resolve(weights)).hasSameBinaryContentAs(whole.resolve(weights));
  }

  @Test
  void aStoppedRunGoesOnToTheSameBits() throws IOException {
    requireSameAfterAStop("whole", "steps", "4");
  }

  @Test
  void aStoppedAdapterInBf16GoesOnToTheSameBits() throws IOException {
    requireSameAfterAStop(
        "lora",
        "steps",
        "4",
        "lora-rank",
        "2",
        "lora-dropout",
        "0.1",
        "precision",
        "bf16",
        "gradient-checkpointing",
        "true");
  }

  /** The kept log-probabilities are read, not computed anew: others make other numbers. */
  @Test
  void whatIsKnownOfTheReferenceIsReadAgain() throws IOException {
    Path whole = run("whole", "steps", "4", "reference-model", DpoFixture.REFERENCE.toString());
    Path stopped = run("stopped", "steps", "4");
    killAfter(2, stopped);
    Path kept = stopped.resolve("reference.safetensors");
    assertThat(Files.mismatch(kept, whole.resolve("reference.safetensors"))).isNotEqualTo(-1);
    List<String> before = withoutClock(stopped);
    Files.copy(whole.resolve("reference.safetensors"), kept, StandardCopyOption.REPLACE_EXISTING);
    run("stopped", "steps", "4", "resume", "true");
    assertThat(withoutClock(stopped).get(1)).isEqualTo(before.get(1));
    assertThat(withoutClock(stopped).get(2)).isNotEqualTo(before.get(2));
  }

  /** Without the file they are computed by the policy that the run began with. */
  @Test
  void aLostFileOfTheReferenceIsMadeAgain() throws IOException {
    Path whole = run("whole", "steps", "4");
    Path stopped = run("stopped", "steps", "4");
    killAfter(2, stopped);
    Files.delete(stopped.resolve("reference.safetensors"));
    run("stopped", "steps", "4", "resume", "true");
    assertThat(withoutClock(stopped)).isEqualTo(withoutClock(whole));
    assertThat(stopped.resolve("reference.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("reference.safetensors"));
  }

  @Test
  void rowsThatChangedAreNoticed() throws IOException {
    Path run = run("run", "steps", "4");
    killAfter(2, run);
    List<String> lines = new ArrayList<>(Files.readAllLines(data));
    lines.set(3, lines.get(3).replace(" no", " yes"));
    Files.write(data, lines);
    assertThatThrownBy(() -> run("run", "steps", "4", "resume", "true"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("--data has another content than when the run");
    Files.delete(run.resolve("inputs.json")); // a run that doesn't know its inputs
    assertThatThrownBy(() -> run("run", "steps", "4", "resume", "true"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("reference.safetensors: these log-probabilities are of other rows");
  }

  @Test
  void aReferenceOfItsOwnIsComparedWith() throws IOException {
    Path run =
        run(
            "run",
            "steps",
            "1",
            "reference-model",
            DpoFixture.REFERENCE.toString(),
            "eval-fraction",
            "0");
    double loss = lines(run.resolve("metrics.jsonl")).get(0).get("loss").doubleValue();
    assertThat(loss).isNotCloseTo(Math.log(2), within(1e-3));
    assertThat(run.resolve("evaluation.json")).doesNotExist();
  }

  @Test
  void everyLossLearns() throws IOException {
    String[][] losses = {
      {"loss", "ipo"},
      {"loss", "hinge"},
      {"loss", "simpo", "target-margin", "0.5"},
      {"loss", "orpo"},
      {"loss", "orpo", "train-on", "prompt,completion"},
      {"reference-free", "true"},
      {"label-smoothing", "0.1"},
      {"label-smoothing", "0.1", "smoothing", "robust"},
    };
    for (int i = 0; i < losses.length; i++) {
      List<String> options = new ArrayList<>(List.of(losses[i]));
      options.addAll(List.of("steps", "8", "eval-fraction", "0.2", "schedule", "constant"));
      Path run = run("run-" + i, options.toArray(String[]::new));
      List<JsonNode> metrics = lines(run.resolve("metrics.jsonl"));
      assertThat(metrics.get(7).get("margin_mean").doubleValue())
          .as(options.toString())
          .isGreaterThan(metrics.get(0).get("margin_mean").doubleValue());
      assertThat(metrics.get(7).get("eval_loss").doubleValue())
          .as(options.toString())
          .isLessThan(metrics.get(1).get("eval_loss").doubleValue());
      assertThat(metrics.get(0).has("likelihood_loss")).isEqualTo(options.contains("orpo"));
      assertThat(Files.exists(run.resolve("reference.safetensors"))).isEqualTo(hasReference(i));
    }
  }

  private static boolean hasReference(int loss) {
    return loss < 2 || loss > 5;
  }

  /** The held-out rows prefer the other side, so that every step makes them worse. */
  @Test
  void theBestModelIsThatOfTheLeastHeldOutLoss() throws IOException {
    Path turned =
        Files.writeString(
            folder.resolve("turned.jsonl"),
            Files.readString(data)
                .replace("chosen", "best")
                .replace("rejected", "chosen")
                .replace("best", "rejected"));
    String[] options = {
      "steps", "4", "eval-data", turned.toString(), "eval-every", "1", "keep-best", "true"
    };
    Path run = run("run", options);
    List<Double> losses = new ArrayList<>();
    for (JsonNode line : lines(run.resolve("metrics.jsonl"))) {
      losses.add(line.get("eval_loss").doubleValue());
    }
    assertThat(losses).isSorted();
    assertThat(evaluation(run).get("loss").doubleValue()).isEqualTo(losses.get(0));
    // The model that was written is that one: its rewards are what the evaluation says.
    try (LanguageModel policy = LanguageModel.load(run);
        LanguageModel reference = DpoFixture.policy()) {
      List<TokenizedRow> rows =
          new RowTokenizer(policy.tokenizer(), 64)
              .tokenize(Rows.read(List.of(turned), RowKind.COMPARISONS, OnBadRow.FAIL))
              .rows();
      List<float[]> refLogprobs = ReferenceLogprobs.of(reference, rows, 64);
      ImplicitRewards rewards =
          ImplicitRewards.of(policy, DpoFixture.settings(DpoLoss.SIGMOID), rows, refLogprobs, 64);
      assertThat(rewards.loss()).isCloseTo(losses.get(0), within(1e-5));
    }
  }

  @Test
  void badRowsTiesAndMarginsAreSaid() throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(data));
    lines.add("{\"prompt\": \"tie\", \"chosen\": \" a\", \"rejected\": \" a\"}");
    lines.add("{\"prompt\": \"m\", \"chosen\": \" a\", \"rejected\": \" b\", \"margin\": 2}");
    lines.add(
        "{\"prompt\": \"long\", \"chosen\": \"" + " and".repeat(90) + "\", \"rejected\": \"\"}");
    lines.add(
        "{\"prompt\": \"" + " and".repeat(90) + "\", \"chosen\": \"a\", \"rejected\": \"b\"}");
    lines.add("{\"prompt\": \"bad\"}");
    Files.write(data, lines);
    assertThatThrownBy(() -> run("none", "steps", "1"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("rows.jsonl:25:1: not a comparison");
    String said =
        said("run", "steps", "1", "on-bad-row", "skip", "max-dropped", "0.3", "eval-fraction", "0");
    assertThat(said)
        .contains("training rows: 1 have a margin, which dpo doesn't use")
        .contains("the reference's log-probabilities of 23 rows");
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
  }

  /** A plan computes nothing of the reference and leaves no folder. */
  @Test
  void aPlanCountsTheReference() throws IOException {
    List<String> plan =
        StageRun.plan(
            DpoStage.TYPE,
            config(
                "run",
                "steps",
                "10",
                "reference-model",
                DpoFixture.REFERENCE.toString(),
                "eval-fraction",
                "0"));
    assertThat(plan.get(0))
        .contains("10 steps of 4 rows, 2.0 passes over 20 rows")
        .contains("the reference's log-probabilities of 20 rows");
    assertThat(plan.get(1)).contains("reference, until step 1 0.1 MB");
    assertThat(folder.resolve("run")).doesNotExist();
    assertThat(StageRun.plan(DpoStage.TYPE, config("run", "loss", "simpo")).get(0))
        .doesNotContain("reference");
  }

  @Test
  void whatDoesNotGoTogetherIsRefused() {
    String[][] wrong = {
      {"loss", "simpo", "reference-model", "x", "reference-model is of no use"},
      {"reference-free", "true", "reference-model", "x", "reference-model is of no use"},
      {"label-smoothing", "0.5", "label-smoothing must be at least 0 and below 0.5"},
      {"loss", "ipo", "label-smoothing", "0.1", "label-smoothing is of --loss sigmoid and simpo"},
      {"smoothing", "robust", "smoothing needs the share of wrong labels"},
      {"target-margin", "1", "target-margin is of --loss simpo"},
      {"beta", "0", "beta must be above 0"},
      {"train-on", "prompt,completion", "train-on prompt,completion is of --loss orpo"},
    };
    for (String[] options : wrong) {
      String message = options[options.length - 1];
      String[] given = Arrays.copyOf(options, options.length - 1);
      assertThatThrownBy(() -> config("run", given))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining(message);
    }
    assertThat(config("run", "loss", "simpo").dpo().beta()).isEqualTo(2);
    assertThat(config("run", "loss", "simpo").dpo().targetMargin()).isEqualTo(1);
    assertThat(config("run").dpo().beta()).isEqualTo(0.1);
    assertThat(config("run").dpo().targetMargin()).isNull();
  }

  @Test
  void aReferenceOfAnotherTokenizerIsRefused() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    try (var files = Files.list(DpoFixture.REFERENCE)) {
      for (Path file : files.toList()) {
        Files.copy(file, other.resolve(file.getFileName()));
      }
    }
    Path tokenizer = other.resolve("tokenizer.json");
    Files.writeString(tokenizer, Files.readString(tokenizer) + "\n");
    assertThatThrownBy(() -> run("run", "steps", "1", "reference-model", other.toString()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("its tokenizer is different from the policy's");
  }
}
