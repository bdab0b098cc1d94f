package org.rlhf4j.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds docs/run-directory.md and the pages on the stage against what it writes and does. */
class GrpoDocumentTest {
  private static final Path DOCUMENT = Path.of("..", "docs", "grpo.md");
  private static final Path METRICS = Path.of("..", "docs", "run-directory.md");

  @Test
  void everyMetricIsThere(@TempDir Path folder) throws IOException {
    Path run = new TinyRun(folder).run("run", "steps", "1");
    List<String> names = names(run);
    assertDocumented(names);
  }

  @Test
  void everyMetricOfSomeSettingsIsThere(@TempDir Path folder) throws IOException {
    TinyRun runs = new TinyRun(folder);
    Set<String> more = new TreeSet<>();
    more.addAll(names(runs.run("exact", "exact-kl", "true", "steps", "1")));
    String prompts = runs.prompts().toString();
    more.addAll(names(runs.run("held-out", "eval-data", prompts, "steps", "1")));
    assertDocumented(more);
  }

  private static void assertDocumented(Collection<String> names) throws IOException {
    String metrics = Files.readString(METRICS);
    assertThat(names).allSatisfy(name -> assertThat(metrics).contains("`" + name + "`"));
  }

  private static List<String> names(Path run) throws IOException {
    List<String> names = new ArrayList<>();
    TinyRun.lines(run.resolve("metrics.jsonl")).get(0).fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** The steps are those of the trainer's comments, word by word. */
  @Test
  void theStepsAreTheCodes() throws IOException {
    Path trainer = Path.of("src/main/java/org/rlhf4j/grpo/GrpoTrainer.java");
    List<String> steps =
        Files.readString(trainer)
            .lines()
            .map(String::strip)
            .filter(line -> line.matches("// \\d\\. .*"))
            .map(line -> line.substring(3))
            .toList();
    assertThat(steps).hasSizeGreaterThan(2);
    for (Path page : List.of(DOCUMENT, Path.of("README.md"))) {
      assertThat(Files.readString(page)).contains(String.join("\n", steps));
    }
  }
}
