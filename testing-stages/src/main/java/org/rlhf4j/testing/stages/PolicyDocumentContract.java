package org.rlhf4j.testing.stages;

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

/**
 * Holds docs/run-directory.md and the pages on a stage with a policy against what it writes and
 * does.
 */
public abstract class PolicyDocumentContract {
  private static final Path METRICS = Path.of("..", "docs", "run-directory.md");

  private final Path document;
  private final Path trainer;

  /**
   * A contract.
   *
   * @param document the stage's page in {@code docs}
   * @param trainer the source whose comments number the steps
   */
  protected PolicyDocumentContract(String document, String trainer) {
    this.document = Path.of("..", "docs", document);
    this.trainer = Path.of("src/main/java").resolve(trainer);
  }

  /** Runs of the stage in a folder. */
  protected abstract PolicyRuns<?> runs(Path folder) throws IOException;

  /** Settings of runs that have the metrics of some settings, held-out prompts apart. */
  protected abstract List<String> someSettings();

  @Test
  void everyMetricIsThere(@TempDir Path folder) throws IOException {
    assertDocumented(names(runs(folder).run("run", "steps", "1")));
  }

  @Test
  void everyMetricOfSomeSettingsIsThere(@TempDir Path folder) throws IOException {
    PolicyRuns<?> runs = runs(folder);
    Set<String> more = new TreeSet<>();
    for (String settings : someSettings()) {
      more.addAll(names(runs.run(settings, ("steps=1 " + settings).split("[ =]"))));
    }
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
    RunFiles.lines(run.resolve("metrics.jsonl")).get(0).fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** The steps are those of the trainer's comments, word by word. */
  @Test
  void theStepsAreTheCodes() throws IOException {
    List<String> steps =
        Files.readString(trainer)
            .lines()
            .map(String::strip)
            .filter(line -> line.matches("// \\d\\. .*"))
            .map(line -> line.substring(3))
            .toList();
    assertThat(steps).hasSizeGreaterThan(2);
    for (Path page : List.of(document, Path.of("README.md"))) {
      assertThat(Files.readString(page)).contains(String.join("\n", steps));
    }
  }
}
