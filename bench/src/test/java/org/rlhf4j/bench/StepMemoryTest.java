package org.rlhf4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each stage in short; {@code .ci/memory} makes a thousand steps and looks at the process, too. */
class StepMemoryTest {

  private static final Path MODEL = Path.of(MeasurementTest.MODEL).toAbsolutePath().normalize();

  private static final String SAMPLED =
      "reward: length-penalty:1-2\nprompts-per-step: 1\nmax-new-tokens: 2\n";

  /** What a stage has beside what all have. */
  private static final Map<String, String> SETTINGS =
      Map.of(
          "sft", "batch-size: 2\neval-fraction: 0.0\n",
          "reward", "batch-size: 2\neval-fraction: 0.0\n",
          "dpo", "batch-size: 2\neval-fraction: 0.0\n",
          "ppo", SAMPLED,
          "grpo", SAMPLED + "group-size: 2\n");

  @TempDir private Path folder;

  private JsonNode line(String stage, boolean leak) throws IOException {
    Path rows = folder.resolve("rows.jsonl");
    boolean pairs = stage.equals("reward") || stage.equals("dpo");
    String end = pairs ? "\"chosen\":\" yes\",\"rejected\":\" no\"" : "\"completion\":\" yes\"";
    Files.writeString(rows, "{\"prompt\":\"is it?\",%s}\n".formatted(end).repeat(4));
    Path config = folder.resolve("config.yaml");
    Files.writeString(
        config,
        """
        model: %s
        data: %s
        output: %s
        steps: 8
        max-length: 32
        %s"""
            .formatted(MODEL, rows, folder.resolve("run"), SETTINGS.get(stage)));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    String[] options = {
      "--stage", stage, "--config", config.toString(), "--from=3", "--every=1", "--leak=" + leak
    };
    int code =
        StepMemory.measurement()
            .run(
                options,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isZero();
    return new ObjectMapper().readTree(out.toByteArray());
  }

  @ParameterizedTest
  @ValueSource(strings = {"sft", "reward", "dpo", "ppo", "grpo"})
  void stepsLeaveNoTensorOpen(String stage) throws IOException {
    JsonNode line = line(stage, false);
    assertThat(line.get("steps").intValue()).isEqualTo(8);
    assertThat(line.get("arrays_before").intValue()).isPositive();
    assertThat(line.get("arrays_at_end")).isEqualTo(line.get("arrays_before"));
    assertThat(line.get("resident_mib").longValue()).isPositive();
  }

  /** The five steps after the third have left one each. */
  @Test
  void whatIsKeptIsCounted() throws IOException {
    JsonNode line = line("sft", true);
    assertThat(line.get("arrays_at_end").intValue())
        .isEqualTo(line.get("arrays_before").intValue() + 5);
  }
}
