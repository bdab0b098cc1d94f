package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** examples/arithmetic: its rows, and its pipeline with two steps a stage. */
class ArithmeticExampleTest {
  private static final Path EXAMPLE = Path.of("../examples/arithmetic");

  /** The files and how many problems are in each. */
  private static final Map<String, Integer> FILES =
      Map.of("demonstrations.csv", 1500, "prompts.csv", 2500, "heldout.csv", 300);

  @TempDir private Path folder;

  private static String rlhf(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Rlhf.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
    assertThat(code).as(err.toString()).isZero();
    return out.toString();
  }

  /** The sum of a problem such as {@code 37+48=}. */
  private static int sum(String problem) {
    return Arrays.stream(problem.split("[+=]")).mapToInt(Integer::parseInt).sum();
  }

  @Test
  void everyAnswerIsRightAndNoProblemIsInTwoFiles() throws IOException {
    Set<String> problems = new HashSet<>();
    for (Map.Entry<String, Integer> file : FILES.entrySet()) {
      List<String> rows = Files.readAllLines(EXAMPLE.resolve(file.getKey()));
      assertThat(rows).hasSize(file.getValue() + 1);
      for (String row : rows.subList(1, rows.size())) {
        String problem = row.substring(0, row.indexOf(','));
        assertThat(row.replace("\"", "")).matches(".*(,|####)" + sum(problem));
        assertThat(problems.add(problem)).as(problem).isTrue();
      }
    }
    assertThat(problems).hasSize(4300);
  }

  @Test
  void thePipelineRuns() throws IOException {
    rlhf(
        "new",
        "--config=" + EXAMPLE.resolve("config.json"),
        "--tokenizer=" + EXAMPLE.resolve("tokenizer"),
        "--output=" + folder.resolve("model"),
        "--seed=1");
    for (String file : FILES.keySet()) {
      Files.copy(EXAMPLE.resolve(file), folder.resolve(file));
    }
    String shorter =
        Files.readString(EXAMPLE.resolve("pipeline.yaml"))
            .replaceAll("(?m)^    steps: .*$", "    steps: 2")
            .replaceAll("warmup-steps: .*", "warmup-steps: 0")
            .replaceFirst("seed:", "threads: 1\nseed:");
    Path file = Files.writeString(folder.resolve("pipeline.yaml"), shorter);
    Path out = folder.resolve("out");
    rlhf("run", file.toString(), "--output=" + out);
    JsonNode metrics =
        new ObjectMapper().readTree(Files.readAllLines(out.resolve("grpo/metrics.jsonl")).get(1));
    assertThat(metrics.get("reward_number_after")).isEqualTo(metrics.get("reward"));
    assertThat(metrics.get("unscored").intValue()).isZero();
    String compared =
        rlhf(
            "compare",
            "--model=" + out.resolve("grpo"),
            "--reference-model=" + out.resolve("sft"),
            "--reward=number-after:####",
            "--data=" + EXAMPLE.resolve("heldout.csv"),
            "--temperature=0",
            "--max-new-tokens=32",
            "--threads=1",
            "--json");
    JsonNode comparison = new ObjectMapper().readTree(compared);
    assertThat(comparison.get("prompts").intValue()).isEqualTo(300);
    assertThat(comparison.get("reward").doubleValue()).isBetween(0.0, 0.2);
  }
}
