package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.rlhf4j.cli.Outcome.rlhf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stages and what is made of them, as a user calls them. */
class StageCommandsTest {

  private static final Path MODEL = Path.of("../sft/src/test/resources/fixtures/sft/model");

  @TempDir private Path folder;
  private String rows;
  private String heldOut;

  @BeforeEach
  void writeRows() throws IOException {
    rows = write("rows.jsonl", 0, 16);
    heldOut = write("held-out.jsonl", 16, 24);
  }

  private String write(String name, int from, int to) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = from; i < to; i++) {
      lines.add(
          String.format(
              Locale.ROOT,
              "{\"prompt\": \"is it %d?\", \"chosen\": \" yes, it is\", \"rejected\": \" no\"}",
              i));
    }
    return Files.write(folder.resolve(name), lines).toString();
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void fineTuneThenTrainARewardModelThenJudgeIt() throws IOException {
    Outcome sft =
        rlhf(
            "sft",
            "--model",
            MODEL.toString(),
            "--data",
            rows,
            "--output",
            path("sft"),
            "--steps",
            "2");
    assertThat(sft.code()).as(sft.err()).isZero();
    assertThat(sft.out()).isEmpty();
    assertThat(sft.err()).endsWith("report: " + Path.of(path("sft"), "report.html") + "\n");

    Outcome reward =
        rlhf(
            "reward",
            "--model",
            path("sft"),
            "--data",
            rows,
            "--eval-data",
            heldOut,
            "--output",
            path("reward"),
            "--learning-rate=3e-3",
            "--steps=15");
    assertThat(reward.code()).as(reward.err()).isZero();

    Outcome report = rlhf("report", path("sft"), path("reward"));
    assertThat(report.code()).as(report.err()).isZero();
    assertThat(report.out()).startsWith("<!DOCTYPE html>").contains("held-out accuracy");
    rlhf("report", path("sft"), path("reward"), "--output", path("both.html"));
    assertThat(Path.of(path("both.html"))).hasContent(report.out());
    assertThat(rlhf("report").err()).startsWith("rlhf: ").contains("RUN");

    Outcome json = rlhf("evaluate", "--reward-model", path("reward"), "--data", heldOut, "--json");
    assertThat(json.code()).as(json.err()).isZero();
    JsonNode evaluation = new ObjectMapper().readTree(json.out());
    assertThat(evaluation)
        .isEqualTo(
            new ObjectMapper().readTree(Path.of(path("reward"), "evaluation.json").toFile()));
    assertThat(evaluation.get("pairs").intValue()).isEqualTo(8);
    assertThat(evaluation.get("accuracy").doubleValue()).isEqualTo(1);

    Outcome table = rlhf("evaluate", "--reward-model", path("reward"), "--data", heldOut);
    assertThat(table.out()).contains("accuracy         100.0 %").contains("how sure");
  }

  /** Sampled once; trained on again from the file, the same to the last bit. */
  @ParameterizedTest
  @ValueSource(strings = {"ppo --critic=shared", "grpo --group-size=3"})
  void aReplayedRunIsTheRun(String stage) throws IOException {
    List<String> usual = new ArrayList<>(List.of(stage.split(" ")));
    usual.addAll(List.of("--model=" + MODEL, "--max-new-tokens=6", "--learning-rate=1e-3"));
    List<String> sampled = new ArrayList<>(usual);
    sampled.addAll(
        List.of(
            "--reward=regex:^[ a-m]",
            "--data=" + rows,
            "--prompts-per-step=4",
            "--steps=3",
            "--output=" + path("sampled")));
    Outcome first = rlhf(sampled.toArray(String[]::new));
    assertThat(first.code()).as(first.err()).isZero();
    usual.addAll(
        List.of("--replay=" + path("sampled/rollouts.jsonl"), "--output=" + path("replayed")));
    Outcome again = rlhf(usual.toArray(String[]::new));
    assertThat(again.code()).as(again.err()).isZero();

    assertThat(Path.of(path("replayed/model/model.safetensors")))
        .hasSameBinaryContentAs(Path.of(path("sampled/model/model.safetensors")));
    assertThat(metrics("replayed")).hasSize(3).isEqualTo(metrics("sampled"));
    Path before = MODEL.resolve("model.safetensors");
    assertThat(Files.mismatch(before, Path.of(path("replayed/model/model.safetensors"))))
        .isNotNegative();
  }

  /**
   * Without the clock's, and without the count of what no reward applied to, which replays lack.
   */
  private List<String> metrics(String run) throws IOException {
    return Files.readAllLines(Path.of(path(run), "metrics.jsonl")).stream()
        .map(line -> line.replaceAll(",\"([a-z_]*_(seconds|per_second)|unscored)\":[^,}]*", ""))
        .toList();
  }

  @Test
  void aLanguageModelIsNoRewardModel() {
    Outcome outcome = rlhf("evaluate", "--reward-model", MODEL.toString(), "--data", heldOut);
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err()).contains("has no score.weight");
  }

  @Test
  void rowsThatAllAreTooLongAreAnError() {
    Outcome outcome =
        rlhf(
            "evaluate",
            "--reward-model=../reward-model/src/test/resources/fixtures/bradley-terry/model",
            "--data",
            heldOut,
            "--max-length=2");
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err()).contains("no row fits in 2 tokens");
  }
}
