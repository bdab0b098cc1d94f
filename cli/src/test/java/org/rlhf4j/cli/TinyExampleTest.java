package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pipeline of examples/tiny with two steps a stage, and what the documentation says of it. */
class TinyExampleTest {

  private static final Path EXAMPLE = Path.of("../examples/tiny");
  private static final Path DOCUMENT = Path.of("../docs/run-directory.md");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;

  @BeforeAll
  static void runThePipeline() throws IOException {
    try (Stream<Path> paths = Files.walk(EXAMPLE)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        Path copy = folder.resolve("tiny").resolve(EXAMPLE.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(path, copy);
        }
      }
    }
    Path file = folder.resolve("tiny/pipeline.yaml");
    String shorter =
        Files.readString(file)
            .replaceAll("(?m)^    (steps|epochs): .*$", "    steps: 2")
            .replace("warmup-steps: 20", "warmup-steps: 0")
            .replaceFirst("seed:", "threads: 1\nseed:");
    Files.writeString(file, shorter);
    rlhf("run", file.toString(), "--output", folder.resolve("out").toString());
  }

  private static String rlhf(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Rlhf.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
    assertThat(code).as(err.toString()).isZero();
    return out.toString();
  }

  private static Path run(String stage) {
    return folder.resolve("out").resolve(stage);
  }

  @Test
  void rewardIsHeldOutOnOtherPromptsThanThoseTrainedOn() throws IOException {
    JsonNode evaluation = JSON.readTree(run("reward").resolve("evaluation.json").toFile());
    assertThat(evaluation.path("pairs").intValue()).isEqualTo(120);
    assertThat(evaluation.path("length_accuracy").doubleValue()).isEqualTo(0.5);
  }

  @Test
  void policiesAreComparedOnHeldOutPrompts() throws IOException {
    for (String stage : List.of("ppo", "grpo")) {
      String out =
          rlhf(
              "compare",
              "--model=" + run(stage),
              "--reference-model=" + run("sft"),
              "--reward-model=" + run("reward"),
              "--data=" + EXAMPLE.resolve("heldout.csv"),
              "--max-new-tokens=4",
              "--json");
      assertThat(JSON.readTree(out).path("difference").isNumber()).isTrue();
    }
  }

  /** Each file and each metric has a line in docs/run-directory.md, set in code style. */
  @Test
  void everyFileAndEveryMetricIsDocumented() throws IOException {
    String document = Files.readString(DOCUMENT);
    Set<String> names = new TreeSet<>();
    for (String stage : List.of("sft", "reward", "ppo", "grpo")) {
      try (Stream<Path> files = Files.list(run(stage))) {
        files.map(path -> path.getFileName().toString()).forEach(names::add);
      }
      for (String line : Files.readAllLines(run(stage).resolve("metrics.jsonl"))) {
        addNames(JSON.readTree(line), names);
      }
      for (String file : List.of("rollouts.jsonl", "samples.jsonl")) {
        Path lines = run(stage).resolve(file);
        if (Files.exists(lines)) {
          addNames(JSON.readTree(Files.readAllLines(lines).get(0)), names);
        }
      }
      Path evaluation = run(stage).resolve("evaluation.json");
      if (Files.exists(evaluation)) {
        addNames(JSON.readTree(evaluation.toFile()), names);
      }
    }
    assertThat(names).hasSizeGreaterThan(40);
    assertThat(names).allSatisfy(name -> assertThat(document).containsPattern("`" + name + "/?`"));
  }

  private static void addNames(JsonNode object, Set<String> names) {
    for (Iterator<String> fields = object.fieldNames(); fields.hasNext(); ) {
      names.add(fields.next());
    }
  }
}
