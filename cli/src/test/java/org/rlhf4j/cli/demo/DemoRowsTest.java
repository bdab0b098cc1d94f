package org.rlhf4j.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.file.RowFormat;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;

/** The rows of data/demo are what its README and the demo's promises rest on. */
class DemoRowsTest {

  private static final Path FOLDER = Path.of("../data/demo");

  private static <R extends Row> List<R> read(String file, RowKind<R> kind) {
    RowFiles files = RowFiles.of(List.of(FOLDER.resolve(file)), RowFormat.USUAL);
    return Rows.read(files, kind, OnBadRow.FAIL).rows();
  }

  private static Set<String> prompts(String file) {
    return read(file, RowKind.PROMPTS).stream().map(PromptRow::prompt).collect(Collectors.toSet());
  }

  @Test
  void inEveryComparisonTheKindReplyIsTheChosenOne() {
    for (String file : List.of("comparisons.csv", "heldout.csv")) {
      assertThat(read(file, RowKind.COMPARISONS))
          .hasSizeGreaterThan(100)
          .allMatch(row -> Manner.isKind(row.completions().get(0)))
          .noneMatch(row -> Manner.isKind(row.completions().get(1)));
    }
  }

  @Test
  void lengthDoesNotGiveThePreferenceAway() {
    for (String file : List.of("comparisons.csv", "heldout.csv")) {
      List<Comparison> rows = read(file, RowKind.COMPARISONS);
      double longer =
          rows.stream()
                  .filter(
                      row -> row.completions().get(0).length() > row.completions().get(1).length())
                  .count()
              / (double) rows.size();
      assertThat(longer).as(file).isBetween(0.4, 0.6);
    }
  }

  @Test
  void oneDemonstratedReplyInFiveIsKindAndTwoSumsInFiveAreRight() {
    List<Demonstration> rows = read("demonstrations.csv", RowKind.DEMONSTRATIONS);
    List<Demonstration> sums = rows.stream().filter(row -> row.completion().contains("=")).toList();
    List<Demonstration> advice =
        rows.stream().filter(row -> !row.completion().contains("=")).toList();
    double kind =
        advice.stream().filter(row -> Manner.isKind(row.completion())).count()
            / (double) advice.size();
    double right =
        sums.stream().filter(row -> Addition.isRight(row.prompt(), row.completion())).count()
            / (double) sums.size();
    assertThat(kind).isBetween(0.19, 0.21);
    assertThat(right).isBetween(0.37, 0.43);
  }

  @Test
  void heldOutPromptsStandNowhereElse() {
    Set<String> seen = new HashSet<>();
    for (String file : List.of("demonstrations.csv", "comparisons.csv", "prompts.csv")) {
      seen.addAll(prompts(file));
    }
    seen.addAll(prompts("sums.csv"));
    assertThat(prompts("heldout.csv")).isNotEmpty().doesNotContainAnyElementsOf(seen);
    assertThat(prompts("heldout-sums.csv")).isNotEmpty().doesNotContainAnyElementsOf(seen);
  }

  static boolean pythonIsInstalled() {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "python3")));
  }

  @Test
  @EnabledIf(value = "pythonIsInstalled", disabledReason = "no python3: the rows aren't made anew")
  void theGeneratorMakesTheSameRowsAgain(@TempDir Path folder) throws Exception {
    Process made =
        new ProcessBuilder("python3", FOLDER.resolve("make_rows.py").toString(), folder.toString())
            .inheritIO()
            .start();
    assertThat(made.waitFor()).isZero();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files)
          .hasSize(6)
          .allSatisfy(
              file ->
                  assertThat(file)
                      .hasSameBinaryContentAs(FOLDER.resolve(file.getFileName().toString())));
    }
  }
}
