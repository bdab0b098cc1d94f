package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.rlhf4j.cli.Outcome.rlhf;
import static org.rlhf4j.cli.Outcome.written;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.cli.demo.DemoFiles;
import org.rlhf4j.cli.demo.DemoStory;
import org.rlhf4j.cli.demo.Promise;
import org.rlhf4j.pipeline.Pipeline;
import org.rlhf4j.pipeline.PipelineRun;
import org.rlhf4j.settings.UsageException;

/** The demo with two steps a stage, and what the documentation says of what a run leaves. */
class DemoTest {

  private static final Path DOCUMENT = Path.of("../docs/run-directory.md");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path folder;
  private static Path input;
  private static String story;
  private static Promise.Figures figures;

  @BeforeAll
  static void runTheStages() throws IOException {
    input = folder.resolve("input");
    DemoFiles.write(input, false, List.of("seed: 0", "threads: 1"));
    shorten(input.resolve(DemoFiles.PIPELINE));
    written(
        "new",
        "--config=" + input.resolve("config.json"),
        "--tokenizer=" + input.resolve("tokenizer"),
        "--output=" + input.resolve("model"));
    StringWriter told = new StringWriter();
    PrintWriter err = new PrintWriter(told, true);
    Pipeline pipeline = Pipeline.read(input.resolve(DemoFiles.PIPELINE), folder, Map.of());
    DemoStory teller = new DemoStory(folder, input, 0, err);
    new PipelineRun(pipeline, folder, List.of(), err).run(teller);
    story = told.toString();
    figures = teller.figures();
  }

  private static void shorten(Path pipeline) throws IOException {
    String shorter =
        Files.readString(pipeline)
            .replaceAll("(?m)^    (steps|epochs): .*$", "    steps: 2")
            .replaceAll("(?m)^    learning-rate: 5e-4$", "    learning-rate: 5e-4\n    steps: 2")
            .replaceAll("warmup-steps: .*", "warmup-steps: 0");
    Files.writeString(pipeline, shorter);
  }

  private static Path run(String stage) {
    return folder.resolve(stage);
  }

  @Test
  void rewardIsHeldOutOnOtherPromptsThanThoseTrainedOn() throws IOException {
    JsonNode evaluation = JSON.readTree(run("reward").resolve("evaluation.json").toFile());
    assertThat(evaluation.path("pairs").intValue()).isEqualTo(144);
    assertThat(evaluation.path("length_accuracy").doubleValue()).isBetween(0.4, 0.6);
    assertThat(figures.accuracy()).isEqualTo(evaluation.path("accuracy").doubleValue());
  }

  /**
   * The comparisons alone, on random weights: neither sft nor the length of a reply is what does
   * it.
   */
  @Test
  void theComparisonsTeachWhatLengthDoesNotTell() throws IOException {
    Path reward = folder.resolve("reward-alone");
    written(
        "reward",
        "--model=" + input.resolve("model"),
        "--data=" + input.resolve("comparisons.csv"),
        "--eval-data=" + input.resolve("heldout.csv"),
        "--learning-rate=3e-3",
        "--steps=50",
        "--threads=1",
        "--output=" + reward);
    JsonNode evaluation = JSON.readTree(reward.resolve("evaluation.json").toFile());
    assertThat(evaluation.path("accuracy").doubleValue()).isGreaterThanOrEqualTo(0.95);
    assertThat(evaluation.at("/length_baseline/accuracy").doubleValue()).isLessThan(0.6);
  }

  /** After two steps a model writes hardly a kind word and no sum. */
  @Test
  void theStoryTellsEachStage() {
    assertThat(story)
        .contains("stage 1/4 sft", "stage 2/4 reward", "stage 3/4 ppo", "stage 4/4 grpo")
        .contains("before: ", "after:  ")
        .containsPattern(
            "\\d+\\.\\d % of 144 replies are kind, and \\d+\\.\\d % of 128 sums are right\\.")
        .contains(" % of 144 unseen pairs right; a judge that looks only at length gets ");
    assertThat(figures.kindAfter()).isLessThan(0.2);
    assertThat(figures.rightBefore()).isLessThan(0.05);
  }

  @Test
  void filesAreTheSourcesAndStayAsTheyAreFound() throws IOException {
    Path again = folder.resolve("again");
    DemoFiles.write(again, true, List.of("seed: 7"));
    assertThat(again.resolve(DemoFiles.PIPELINE)).content().startsWith("seed: 7\n");
    assertThat(again.resolve("comparisons.csv"))
        .hasSameTextualContentAs(Path.of("../data/demo/comparisons.csv"));
    DemoFiles.write(again, true, List.of("seed: 7"));

    Files.writeString(again.resolve("sums.csv"), "mine");
    assertThatThrownBy(() -> DemoFiles.write(again, true, List.of("seed: 7")))
        .isInstanceOf(UsageException.class)
        .hasMessage(
            again.resolve("sums.csv")
                + ": it belongs to a demo with other settings (--quick, --seed), or it was changed;"
                + " choose another --output, or delete the demo's folder");
    assertThat(again.resolve("sums.csv")).hasContent("mine");
  }

  @Test
  void refusesAFolderOfOtherThings() throws IOException {
    Path mine = Files.createDirectories(folder.resolve("mine"));
    Files.writeString(mine.resolve("letter.txt"), "Dear");
    Outcome outcome = rlhf("demo", "--output=" + mine);
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .isEqualTo(
            "rlhf: "
                + mine
                + ": this folder isn't empty and has no demo in it; choose another --output"
                + System.lineSeparator());
  }

  @Test
  void policiesAreComparedOnHeldOutPrompts() throws IOException {
    for (String stage : List.of("ppo", "grpo")) {
      String out =
          written(
              "compare",
              "--model=" + run(stage),
              "--reference-model=" + run("sft"),
              "--reward-model=" + run("reward"),
              "--data=" + input.resolve(DemoFiles.HELD_OUT),
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
    assertThat(names.remove("reward_number_after")).isTrue(); // documented for all programs
    names.add("reward_<part>");
    assertThat(names).hasSizeGreaterThan(40);
    assertThat(names).allSatisfy(name -> assertThat(document).containsPattern("`" + name + "/?`"));
  }

  private static void addNames(JsonNode object, Set<String> names) {
    for (Iterator<String> fields = object.fieldNames(); fields.hasNext(); ) {
      names.add(fields.next());
    }
  }
}
