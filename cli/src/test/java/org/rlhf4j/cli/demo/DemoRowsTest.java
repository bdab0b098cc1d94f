package org.rlhf4j.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.rlhf4j.data.Comparison;
import org.rlhf4j.data.Demonstration;
import org.rlhf4j.data.OnBadRow;
import org.rlhf4j.data.PromptRow;
import org.rlhf4j.data.Row;
import org.rlhf4j.data.RowFiles;
import org.rlhf4j.data.RowFormat;
import org.rlhf4j.data.RowKind;
import org.rlhf4j.data.Rows;

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
}
