package org.rlhf4j.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.rlhf4j.testing.stages.RunFiles.killAfter;
import static org.rlhf4j.testing.stages.RunFiles.lines;
import static org.rlhf4j.testing.stages.RunFiles.withoutClock;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.token.TrainedPart;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.torch.Placement;
import org.rlhf4j.model.torch.Torch;
import org.rlhf4j.model.weights.Safetensors;
import org.rlhf4j.settings.Settings;
import org.rlhf4j.settings.SettingsYaml;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.settings.Written;
import org.rlhf4j.testing.LazyDevice;
import org.rlhf4j.testing.stages.OnADevice;
import org.rlhf4j.training.StageRun;
import org.rlhf4j.training.display.Display;
import org.rlhf4j.training.optimizer.NonFiniteException;

class SftStageTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Settings<SftConfig> SETTINGS = Settings.of(SftConfig.class);

  @TempDir private Path folder;
  private Path data;

  @BeforeEach
  void writeRows() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      lines.add(
          String.format(
              Locale.ROOT,
              "{\"prompt\": \"Human: what is %d?\", \"completion\": \" It is %d.\"}",
              i,
              i * 7));
    }
    data = Files.write(folder.resolve("rows.jsonl"), lines);
  }

  private SftConfig config(String name, String... options) {
    Map<String, List<String>> given = new LinkedHashMap<>();
    given.put("model", List.of(SftFixture.MODEL.toString()));
    given.put("data", List.of(data.toString()));
    given.put("output", List.of(folder.resolve(name).toString()));
    given.put("learning-rate", List.of("1e-3"));
    given.put("batch-size", List.of("4"));
    given.put("checkpoint-every", List.of("2"));
    given.put("keep-checkpoints", List.of("9"));
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], List.of(options[i + 1].split(",")));
    }
    return SETTINGS.bind(Written.Mapping.EMPTY, given);
  }

  private Path run(String name, String... options) throws IOException {
    StageRun.train(SftStage.TYPE, config(name, options));
    return folder.resolve(name);
  }

  @Test
  void writesMetricsEvaluationAndModel() throws IOException {
    Path run = run("run", "epochs", "3", "eval-fraction", "0.2");
    List<JsonNode> metrics = lines(run.resolve("metrics.jsonl"));
    JsonNode first = metrics.get(0);
    JsonNode last = metrics.get(metrics.size() - 1);
    assertThat(last.get("loss").doubleValue()).isLessThan(first.get("loss").doubleValue());
    assertThat(first.has("eval_loss")).isFalse();
    JsonNode evaluation = JSON.readTree(run.resolve("evaluation.json").toFile());
    assertThat(evaluation.get("loss")).isEqualTo(last.get("eval_loss"));
    assertThat(evaluation.get("perplexity").doubleValue())
        .isCloseTo(Math.exp(evaluation.get("loss").doubleValue()), within(1e-9));
    // 20 rows, of which some are held out; the others make 3 epochs of 4 rows a step.
    int trained = 20 - evaluation.get("rows").intValue();
    assertThat(trained).isBetween(12, 19);
    assertThat(metrics).hasSize(3 * ((trained + 3) / 4));
    LanguageModel.load(run).close();
  }

  @Test
  void onADeviceARunIsAsOnTheHost() throws IOException {
    OnADevice.isAsOnTheHost(
        this::run, "steps", "2", "eval-fraction", "0", "checkpoint-every", "1", "max-length", "26");
  }

  /** What auto is, is settled by the device once; the run keeps it on another. */
  @Test
  void precisionIsSettledOnceAndKeptByTheRun() throws IOException {
    String[] options = {
      "steps", "2", "checkpoint-every", "1", "eval-fraction", "0", "max-length", "26"
    };
    assertThat(run("host", options).resolve("config.yaml")).content().contains("precision: fp32");
    assumeTrue(LazyDevice.start(Torch.libraryFolder()));
    Placement.choose(Placement.on(LazyDevice.NAME));
    Path run;
    try {
      run = run("device", options);
    } finally {
      Placement.choose(Placement.HOST);
    }
    assertThat(run.resolve("config.yaml")).content().contains("precision: bf16");
    killAfter(1, run);
    String[] resumed = Arrays.copyOf(options, options.length + 2);
    resumed[options.length] = "resume";
    resumed[options.length + 1] = "true";
    run("device", resumed);
    assertThat(run.resolve("config.yaml")).content().contains("precision: bf16");
    LanguageModel.load(run).close();
  }

  @Test
  void dialoguesTrainOnTheAssistantsTurns() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    try (Stream<Path> files = Files.list(SftFixture.MODEL)) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Files.writeString(
        model.resolve("chat_template.jinja"),
        "{% for m in messages %}{{ m.role[0] ~ m.content ~ eos_token }}{% endfor %}"
            + "{% if add_generation_prompt %}a{% endif %}");
    String user = "{\"role\": \"user\", \"content\": \"hm\"}";
    String answer = "{\"role\": \"assistant\", \"content\": \"yes\"}";
    String row = "{\"messages\": [%1$s, %2$s, %1$s, %2$s]}".formatted(user, answer);
    Files.write(data, Collections.nCopies(8, row));
    Path run = run("run", "steps", "2", "eval-data", data.toString(), "model", model.toString());
    JsonNode evaluation = JSON.readTree(run.resolve("evaluation.json").toFile());
    int turn;
    try (LanguageModel trained = LanguageModel.load(run)) {
      turn = trained.tokenizer().encodeRaw("yes<|endoftext|>").length;
    }
    assertThat(evaluation.get("tokens").intValue()).isEqualTo(8 * 2 * turn);
    assertThat(run.resolve("model/chat_template.jinja")).exists();
  }

  @Test
  void samplesAreOfHeldOutPromptsAtTheStartAndAtEachCheckpoint() throws IOException {
    List<String> lines =
        Files.readAllLines(
            run("run", "steps", "2", "eval-fraction", "0.5").resolve("samples.jsonl"));
    assertThat(lines).hasSize(8);
    for (int i = 0; i < 8; i++) {
      JsonNode line = JSON.readTree(lines.get(i));
      assertThat(line.get("step").intValue()).isEqualTo(i < 4 ? 0 : 2);
      assertThat(line.get("prompt")).isEqualTo(JSON.readTree(lines.get(i % 4)).get("prompt"));
      assertThat(line.get("completion").isTextual()).isTrue();
      assertThat(line.has("score")).isFalse();
    }
  }

  @Test
  void configurationIsResolvedAndReadsBack() throws IOException {
    Path run = run("run", "steps", "1", "train-on", "prompt,completion");
    Written.Mapping written =
        SftStage.TYPE.settingsIn(SettingsYaml.read(run.resolve("config.yaml")));
    SftConfig config = SETTINGS.bind(written, Map.of());
    assertThat(config.data().maxLength()).isEqualTo(64);
    assertThat(config.loop().microBatchTokens()).isPositive();
    assertThat(config.trainOn()).containsExactly(TrainedPart.PROMPT, TrainedPart.COMPLETION);
  }

  @Test
  void withGradientCheckpointingARunIsTheSameAndTakesLessMemory() throws IOException {
    Path kept = run("kept", "steps", "4");
    Path recomputed = run("recomputed", "steps", "4", "gradient-checkpointing", "true");
    assertThat(withoutClock(recomputed)).isEqualTo(withoutClock(kept));
    assertThat(recomputed.resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(kept.resolve("model/model.safetensors"));
    assertThat(plannedBytes("gradient-checkpointing", "true"))
        .isLessThan(plannedBytes("gradient-checkpointing", "false"));
  }

  /** The memory that a run tells that it is going to take. */
  private long plannedBytes(String... options) throws IOException {
    AtomicLong bytes = new AtomicLong();
    StageRun.open(
        SftStage.TYPE,
        config("planned-" + String.join("-", options), options),
        Display.stderr(),
        (run, settings, evaluation, stage, display) ->
            stage.plan().orElseThrow().memory().forEach(part -> bytes.addAndGet(part.bytes())));
    return bytes.get();
  }

  @Test
  void aStoppedRunGoesOnToTheSameBits() throws IOException {
    Path whole = run("whole", "steps", "6");
    Path stopped = run("stopped", "steps", "6");
    killAfter(2, stopped);
    run("stopped", "steps", "6", "resume", "true");
    assertThat(withoutClock(stopped)).isEqualTo(withoutClock(whole));
    assertThat(stopped.resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("model/model.safetensors"));
    assertThat(stopped.resolve("evaluation.json"))
        .hasSameTextualContentAs(whole.resolve("evaluation.json"));
  }

  /** Trained by fp32 weights: near the losses in fp32, which aren't met to the last digit. */
  @Test
  void inBf16LossesAreNearThoseInFp32() throws IOException {
    List<JsonNode> exact = lines(run("exact", "steps", "6").resolve("metrics.jsonl"));
    List<JsonNode> rounded =
        lines(run("rounded", "steps", "6", "precision", "bf16").resolve("metrics.jsonl"));
    assertThat(rounded).isNotEqualTo(exact);
    assertThat(rounded.get(0).fieldNames())
        .toIterable()
        .containsExactlyElementsOf(() -> exact.get(0).fieldNames());
    double first = exact.get(0).get("loss").doubleValue();
    double last = exact.get(5).get("loss").doubleValue();
    assertThat(last).isLessThan(first - 0.2);
    for (int i = 0; i < 6; i++) {
      double loss = rounded.get(i).get("loss").doubleValue();
      assertThat(loss).isCloseTo(exact.get(i).get("loss").doubleValue(), within(0.02));
    }
  }

  @Test
  void aStoppedRunInBf16GoesOnToTheSameBitsAndNotInFp32() throws IOException {
    String[] options = {"steps", "6", "precision", "bf16"};
    Path whole = run("whole", options);
    Path stopped = run("stopped", options);
    killAfter(2, stopped);
    assertThatThrownBy(() -> run("stopped", "steps", "6", "precision", "fp32", "resume", "true"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("but precision was bf16 and is now fp32");
    run("stopped", "steps", "6", "resume", "true"); // auto is the run's own
    assertThat(withoutClock(stopped)).isEqualTo(withoutClock(whole));
    assertThat(stopped.resolve("model/model.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("model/model.safetensors"));
    assertThat(
            Safetensors.open(whole.resolve("checkpoints/step-6/model.safetensors"))
                .entries()
                .values())
        .allMatch(entry -> entry.type() == Safetensors.Type.F32);
  }

  @Test
  void aStoppedAdapterGoesOnToTheSameBitsDropoutIncluded() throws IOException {
    String[] options = {"steps", "6", "lora-rank", "2", "lora-dropout", "0.2"};
    Path whole = run("whole", options);
    Path stopped = run("stopped", options);
    killAfter(2, stopped);
    List<String> resumed = new ArrayList<>(List.of(options));
    resumed.addAll(List.of("resume", "true"));
    run("stopped", resumed.toArray(String[]::new));
    assertThat(withoutClock(stopped)).isEqualTo(withoutClock(whole));
    for (String file : List.of("adapter_model.safetensors", "adapter_config.json")) {
      assertThat(stopped.resolve("model").resolve(file))
          .hasSameBinaryContentAs(whole.resolve("model").resolve(file));
    }
    assertThat(run("sure", "steps", "6", "lora-rank", "2").resolve("model/model.safetensors"))
        .doesNotExist();
    assertThat(withoutClock(folder.resolve("sure"))).isNotEqualTo(withoutClock(whole));
  }

  @Test
  void anAdapterIsAllThatIsTrainedAndItsTrainingCanGoOn() throws IOException {
    Path first = run("first", "steps", "3", "lora-rank", "2", "lora-targets", "q_proj,up_proj");
    for (String file : List.of("model.safetensors", "model.optimizer.safetensors")) {
      assertThat(
              Safetensors.open(first.resolve("checkpoints/step-2").resolve(file))
                  .entries()
                  .keySet())
          .allMatch(name -> name.equals("step") || name.contains("_proj.lora_"))
          .hasSizeGreaterThanOrEqualTo(8);
    }
    Path second = run("second", "steps", "1", "model", first.toString(), "learning-rate", "0");
    assertThat(second.resolve("model/adapter_model.safetensors"))
        .hasSameBinaryContentAs(first.resolve("model/adapter_model.safetensors"));
    assertThatThrownBy(() -> run("third", "model", first.toString(), "lora-rank", "3"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("is an adapter of rank 2 and alpha 4.0 on q_proj, up_proj");
    assertThatThrownBy(() -> run("fourth", "lora-targets", "q_proj"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("lora-targets needs --lora-rank");
  }

  @Test
  void aLastUpdateThatDivergedMakesNoModel() throws IOException {
    assertThatThrownBy(() -> run("run", "steps", "1", "learning-rate", "1e300"))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageMatching(
            "step 1: the tensor \\S+ holds (NaN|-?Infinity) after the update; .*lower"
                + " --learning-rate.*");
    assertThat(folder.resolve("run/model")).doesNotExist();
    assertThat(folder.resolve("run/evaluation.json")).doesNotExist();
    assertThat(folder.resolve("run/checkpoints")).isEmptyDirectory();
  }

  @Test
  void aStepThatIsNotFiniteLeavesItsBatch() throws IOException {
    assertThatThrownBy(() -> run("run", "learning-rate", "1e30", "max-grad-norm", "0"))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("step 2")
        .hasMessageContaining("failed-batch.jsonl");
    List<String> batch = Files.readAllLines(folder.resolve("run/failed-batch.jsonl"));
    assertThat(batch).hasSize(4);
    assertThat(JSON.readTree(batch.get(0)).get("prompt").textValue()).startsWith("Human: what");
    assertThat(batch.get(0)).contains("rows.jsonl:").contains("\"completion\":\" It is ");
  }

  @Test
  void seedDecidesTheOrder() throws IOException {
    List<String> first = withoutClock(run("first", "steps", "2"));
    assertThat(withoutClock(run("again", "steps", "2"))).isEqualTo(first);
    assertThat(withoutClock(run("other", "steps", "2", "seed", "1"))).isNotEqualTo(first);
  }

  @Test
  void evaluationDataIsNotTakenFromTheRows() throws IOException {
    Path held = folder.resolve("held.jsonl");
    Files.writeString(
        held,
        "{\"prompt\": \"a\", \"completion\": \" b\"}\n{\"prompt\": \"a\", \"completion\": \""
            + "b".repeat(80)
            + "\"}\n");
    Path run = run("run", "steps", "1", "eval-data", held.toString());
    JsonNode evaluation = JSON.readTree(run.resolve("evaluation.json").toFile());
    assertThat(evaluation.get("rows").intValue()).isEqualTo(1);
    assertThat(evaluation.get("dropped").intValue()).isEqualTo(1);
  }

  @Test
  void nothingHeldOutIsNothingEvaluated() throws IOException {
    Path run = run("run", "steps", "1", "eval-fraction", "0");
    assertThat(run.resolve("evaluation.json")).doesNotExist();
    assertThat(lines(run.resolve("metrics.jsonl")).get(0).has("eval_loss")).isFalse();
  }

  @Test
  void tooManyDroppedRowsStopTheRun() {
    assertThatThrownBy(() -> run("run", "max-length", "8", "max-dropped", "0.05"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("max-dropped");
  }

  @Test
  void theCompletionIsAlwaysTrainedOn() {
    assertThatThrownBy(() -> run("run", "train-on", "prompt"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("train-on");
  }
}
