package org.rlhf4j.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.training.settings.SettingSpec;

/** Holds the page of a stage with a policy and the README against what it takes and writes. */
public abstract class PolicyDocumentContract {
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

  /** The first column's code of the table under a heading. */
  private List<String> rows(String heading) throws IOException {
    String text = Files.readString(document);
    String section = text.substring(text.indexOf("\n" + heading + "\n") + 1);
    int end = section.indexOf("\n##");
    return (end < 0 ? section : section.substring(0, end))
        .lines()
        .filter(line -> line.startsWith("| `"))
        .toList();
  }

  @Test
  void everySettingIsThereWithItsDefault(@TempDir Path folder) throws IOException {
    List<String> rows = rows("## Settings");
    List<SettingSpec> specs = runs(folder).settings().specs();
    assertThat(rows).hasSameSizeAs(specs);
    for (SettingSpec spec : specs) {
      String beginning = "| `--" + spec.name() + "` | " + defaultOf(spec) + " | ";
      assertThat(rows).as(spec.name()).anyMatch(row -> row.startsWith(beginning));
    }
  }

  private static String defaultOf(SettingSpec spec) {
    if (spec.required()) {
      return "required";
    }
    if (spec.defaultText().isEmpty()) {
      return "–";
    }
    boolean literal = spec.defaultText().equals(spec.defaultValue());
    return literal ? "`" + spec.defaultText() + "`" : spec.defaultText();
  }

  @Test
  void everyMetricIsThere(@TempDir Path folder) throws IOException {
    Path run = runs(folder).run("run", "steps", "1");
    List<String> names = names(run);
    names.remove("step");
    assertThat(rows("## Metrics").stream().map(row -> row.split("`")[1]).toList()).isEqualTo(names);
    String readme = Files.readString(Path.of("README.md"));
    assertThat(names).allSatisfy(name -> assertThat(readme).contains("`" + name + "`"));
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
    names(runs.run("usual", "steps", "1")).forEach(more::remove);
    assertThat(rows("### Of some settings").stream().map(row -> row.split("`")[1]).toList())
        .containsExactlyInAnyOrderElementsOf(more);
    String readme = Files.readString(Path.of("README.md"));
    assertThat(more).allSatisfy(name -> assertThat(readme).contains("`" + name + "`"));
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
