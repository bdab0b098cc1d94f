package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The first two stages and the evaluation between them, as a user calls them. */
class StageCommandsTest {

  private static final Path MODEL = Path.of("../sft/src/test/resources/fixtures/sft/model");

  @TempDir private Path folder;
  private String rows;
  private String heldOut;

  private record Outcome(int code, String out, String err) {}

  private static Outcome rlhf(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Rlhf.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
    return new Outcome(code, out.toString(), err.toString());
  }

  @BeforeEach
  void writeRows() throws IOException {
    rows = write("rows.jsonl", 0, 16);
    heldOut = write("held-out.jsonl", 16, 24);
  }

  private String write(String name, int from, int to) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = from; i < to; i++) {
      lines.add(
          "{\"prompt\": \"is it %d?\", \"chosen\": \" yes, it is\", \"rejected\": \" no\"}"
              .formatted(i));
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
