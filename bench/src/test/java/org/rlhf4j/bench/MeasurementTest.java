package org.rlhf4j.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.settings.UserException;

/** The programs from their options to the line they print, on tiny models. */
class MeasurementTest {
  static final String MODEL = "../language-model/src/test/resources/fixtures/llama-gqa-tied";

  @TempDir private Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void machineSpeedMeasuresProductsAndReads() throws IOException {
    JsonNode line = line(MachineSpeed.measurement(), "--sizes", "8,16", "--megabytes", "1");
    assertThat(line.at("/sgemm/8/best_gflops").asDouble()).isPositive();
    assertThat(line.get("sgemm_gflops").asDouble())
        .isEqualTo(
            Math.max(
                line.at("/sgemm/8/best_gflops").asDouble(),
                line.at("/sgemm/16/best_gflops").asDouble()));
    assertThat(line.get("bf16_gflops").asDouble()).isPositive();
    for (String rate : new String[] {"read", "matvec"}) {
      assertThat(line.get(rate + "_gbps").asDouble())
          .isGreaterThanOrEqualTo(line.get(rate + "_median_gbps").asDouble())
          .isPositive();
    }
  }

  @Test
  void rankingBenchTimesRankingsAndTheirPairs() throws IOException {
    JsonNode line =
        line(
            RankingBench.measurement(),
            "--model=" + MODEL,
            "--rankings=2",
            "--completions=4",
            "--prompt-tokens=5",
            "--completion-tokens=3",
            "--steps=2");
    // Of two rankings of four: 5 + 4 · 3; 6 pairs of 5 + 2 · 3; 6 pairs of 2 (5 + 3).
    assertThat(line.get("ranking_tokens").intValue()).isEqualTo(2 * 17);
    assertThat(line.get("shared_pairs_tokens").intValue()).isEqualTo(2 * 6 * 11);
    assertThat(line.get("separate_pairs_tokens").intValue()).isEqualTo(2 * 6 * 16);
    assertThat(line.get("of_shared_pairs").doubleValue())
        .isCloseTo(
            line.get("ranking_seconds").doubleValue()
                / line.get("shared_pairs_seconds").doubleValue(),
            within(1e-9));
    assertThat(line.get("of_separate_pairs").doubleValue()).isPositive();
    assertThat(line.get("separate_pairs_all_seconds")).hasSize(2);
    // Random tokens say nothing of a fresh head's scores: the loss is near ln 2.
    assertThat(line.get("loss").doubleValue()).isCloseTo(Math.log(2), within(0.3));
  }

  @Test
  void rankingBenchStopsWhereTheLayoutsDoNotDoTheSameWork() {
    RankingBench.requireEqual("shared_pairs", 0.700001, 0.7);
    assertThatThrownBy(() -> RankingBench.requireEqual("shared_pairs", 0.701, 0.7))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("shared_pairs: the loss is 0.701000 where the rankings' is 0.700000");
  }

  /** With one seed and one look: nobody is accused who says the truth, whatever the seed. */
  @Test
  void labellerBenchLooksAtTheGoldItems() throws IOException {
    JsonNode line = line(LabellerBench.measurement(), "--seeds=1", "--rounds=2", "--items=40");
    assertThat(line.get("careless").get("gold")).hasSize(2);
    assertThat(line.at("/careless/gold/1").asInt())
        .isGreaterThanOrEqualTo(line.at("/careless/gold/0").asInt());
    assertThat(line.at("/wrong_in_5_percent/contrary/1").asInt()).isZero();
    assertThat(line.at("/looks_left/left/0").asDouble()).isBetween(0.5, 1.0);
    assertThat(line.get("alpha_of_choice")).hasSize(1);
  }

  /** Both ways to choose begin with the same labels, so with the same accuracy. */
  @Test
  void choiceBenchLabelsRoundAfterRound() throws IOException {
    Path rows = folder.resolve("pairs.jsonl");
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      text.append("{\"prompt\":\"p\",\"chosen\":\"a").append("b".repeat(i));
      text.append("\",\"rejected\":\"c\"}\n");
    }
    Files.writeString(rows, text);
    JsonNode line =
        line(
            ChoiceBench.measurement(),
            "--model=" + MODEL,
            "--data=" + rows,
            "--held-out=" + rows,
            "--seeds=2",
            "--pairs=2",
            "--rounds=2",
            "--epochs=1",
            "--noise=0");
    for (int seed = 0; seed < 2; seed++) {
      assertThat(line.get("random").get(seed)).hasSize(2);
      assertThat(line.get("random").get(seed).get(0))
          .isEqualTo(line.get("smallest_margin").get(seed).get(0));
      assertThat(line.get("random").get(seed).get(1).asDouble()).isBetween(0.0, 1.0);
    }
    assertThat(line.at("/rounds/0/gain").asDouble()).isZero();
    assertThat(line.at("/rounds/1/labels").asInt()).isEqualTo(4);
  }

  @Test
  void loadBenchTellsWhatWasLoaded() throws IOException {
    JsonNode line = line(LoadBench.measurement(), "--model=" + MODEL);
    assertThat(line.get("seconds").doubleValue()).isPositive();
    try (LanguageModel model = LanguageModel.load(Path.of(MODEL))) {
      assertThat(line.get("bytes").longValue()).isEqualTo(4 * model.parameters().count());
    }
    assertThat(
            line(LoadBench.measurement(), "--model=" + MODEL, "--runtime-only=true").has("bytes"))
        .isFalse();
  }

  @Test
  void generateBenchTimesSamplesOfEachPrompt() throws IOException {
    JsonNode line =
        line(
            GenerateBench.measurement(),
            "--model=" + MODEL,
            "--data=" + prompts("ab", "cd", "ef"),
            "--prompts=2",
            "--samples=3",
            "--max-new-tokens=5",
            "--max-length=6",
            "--steps=2");
    assertThat(line.get("model").asText()).isEqualTo("llama-gqa-tied");
    // A prompt loses all but what the completion leaves of the length: 6 - 5 = 1.
    assertThat(line.get("prompt_tokens").asDouble()).isEqualTo(1);
    assertThat(line.get("all_seconds")).hasSize(2);
    assertThat(line.get("completion_length").asDouble()).isBetween(1.0, 5.0);
    // Tokens of the step: 6 completions of the mean length.
    assertThat(line.get("tokens_per_second").asDouble() * line.get("seconds_per_step").asDouble())
        .isCloseTo(6 * line.get("completion_length").asDouble(), within(1e-6));
    assertThat(line.get("ended").asDouble()).isBetween(0.0, 1.0);
    assertThat(line.get("logprob_mean").asDouble()).isNegative();
  }

  @Test
  void generateBenchRefusesTooFewPrompts() throws IOException {
    String file = prompts("ab");
    String[] options = {"--model=" + MODEL, "--data=" + file, "--max-new-tokens=5"};
    assertThat(run(GenerateBench.measurement(), options)).isOne();
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualToIgnoringNewLines("[" + file + "]: has 1 prompts, and --prompts wants 32");
  }

  @Test
  void freshScalarIsAFunctionOfItsSeed() throws IOException {
    for (String name : new String[] {"one", "same"}) {
      line(FreshScalar.measurement(), "--model=" + MODEL, "--output=" + folder.resolve(name));
    }
    line(
        FreshScalar.measurement(),
        "--model=" + MODEL,
        "--output=" + folder.resolve("other"),
        "--seed=1");
    Path one = folder.resolve("one/model.safetensors");
    assertThat(folder.resolve("same/model.safetensors")).hasSameBinaryContentAs(one);
    assertThat(Files.mismatch(folder.resolve("other/model.safetensors"), one)).isNotNegative();
    ScalarModel.load(folder.resolve("one")).close();
  }

  @Test
  void wrongOptionsEndWithTwo() {
    assertThat(run(MachineSpeed.measurement(), "--size", "8")).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("did you mean 'sizes'?");
    assertThat(run(MachineSpeed.measurement(), "8")).isEqualTo(2);
    assertThat(run(MachineSpeed.measurement(), "--sizes")).isEqualTo(2);
    assertThat(run(MachineSpeed.measurement(), "--sizes", "0")).isEqualTo(2);
    assertThat(out.size()).isZero();
  }

  @Test
  void helpNamesTheOptions() {
    assertThat(run(GenerateBench.measurement(), "--help")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("| `--max-new-tokens` |");
  }

  private String prompts(String... texts) throws IOException {
    Path file = folder.resolve("prompts.jsonl");
    StringBuilder rows = new StringBuilder();
    for (String text : texts) {
      rows.append("{\"prompt\": \"").append(text).append("\"}\n");
    }
    return Files.writeString(file, rows).toString();
  }

  private JsonNode line(Measurement<?> measurement, String... args) throws IOException {
    out.reset();
    assertThat(run(measurement, args)).as(() -> err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).hasLineCount(1);
    return new ObjectMapper().readTree(out.toByteArray());
  }

  private int run(Measurement<?> measurement, String... args) {
    return measurement.run(
        args,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }
}
