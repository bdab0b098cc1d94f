package org.rlhf4j.data.split;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.file.RowFormat;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.tokenizer.Tokenizer;
import org.rlhf4j.settings.UsageException;

class SplitRowsTest {

  private static final Path BYTES = Path.of("src/test/resources/tokenizers/byte-bpe");

  @TempDir Path folder;

  private Path prompts(String name, int count) throws IOException {
    String lines =
        IntStream.range(0, count)
            .mapToObj(i -> "{\"prompt\":\"prompt " + i + "\"}\n")
            .collect(Collectors.joining());
    return Files.writeString(folder.resolve(name), lines + "{}\n");
  }

  private static SplitReport report(List<Path> data, List<Path> evalData, List<List<Row>> sides) {
    RowFiles evaluated = RowFiles.of(evalData, RowFormat.USUAL);
    SplitFiles files = new SplitFiles(RowFiles.of(data, RowFormat.USUAL), evaluated, 0.2);
    return new SplitReader<>(files, RowKind.PROMPTS, OnBadRow.SKIP)
        .read(
            8,
            (row, weight, counts) -> take(row, counts, sides.get(0)),
            (row, weight, counts) -> take(row, counts, sides.get(1)));
  }

  private static void take(Row row, DataReport.Builder counts, List<Row> side) {
    counts.read(row);
    side.add(row);
  }

  @Test
  void holdsOutAShareOfTheDataWhereThereIsNothingElseToEvaluateOn() throws IOException {
    List<Row> training = new ArrayList<>();
    List<Row> heldOut = new ArrayList<>();
    SplitReport report =
        report(List.of(prompts("a.jsonl", 100)), List.of(), List.of(training, heldOut));

    HeldOutSplit split = new HeldOutSplit(0.2);
    assertThat(heldOut).isNotEmpty().allMatch(split::holdsOut);
    assertThat(training).noneMatch(split::holdsOut);
    assertThat(training.size() + heldOut.size()).isEqualTo(100);
    assertThat(report.training().read()).isEqualTo(training.size());
    assertThat(report.training().skipped()).isEqualTo(1);
    assertThat(report.heldOut().read()).isEqualTo(heldOut.size());
    assertThat(report.heldOut().skipped()).isZero();
    assertThat(report.training().forms()).containsExactly(Map.entry("prompt", 100));
    assertThat(report.overlap().same()).isZero();
  }

  @Test
  void holdsOutNothingOfTheDataWhereFilesToEvaluateOnAreNamed() throws IOException {
    List<Row> training = new ArrayList<>();
    List<Row> heldOut = new ArrayList<>();
    SplitReport report =
        report(
            List.of(prompts("a.jsonl", 50)),
            List.of(prompts("b.jsonl", 7)),
            List.of(training, heldOut));

    assertThat(training).hasSize(50);
    assertThat(heldOut).hasSize(7);
    assertThat(report.heldOut().skipped()).isEqualTo(1);
    assertThat(report.overlap().same()).isEqualTo(7);
    assertThat(report.lines())
        .anyMatch(line -> line.startsWith("  skipped: " + folder.resolve("b.jsonl") + ":8:1: no"))
        .anyMatch(line -> line.startsWith("prompts on both sides: 7 held-out rows"));
  }

  @Test
  void countsARowOnceAndTrainsOnItAsOftenAsItsFilesWeightSays() throws IOException {
    Path pairs = pairs("pairs.jsonl", 40);
    Path more = pairs("more.jsonl", 3);
    RowFiles data = new RowFiles(List.of(pairs, more), List.of(0.5, 2.0), RowFormat.USUAL);

    try (Tokenizer tokenizer = Tokenizer.load(BYTES)) {
      SplitRows rows =
          SplitRows.read(
              new SplitFiles(data, RowFiles.of(List.of(), RowFormat.USUAL), 0),
              RowKind.COMPARISONS,
              OnBadRow.FAIL,
              new RowTokenizer(tokenizer, 64));
      Map<String, Long> times =
          rows.training().stream()
              .collect(Collectors.groupingBy(row -> row.location().file(), Collectors.counting()));

      assertThat(rows.report().training().read()).isEqualTo(43);
      assertThat(times.get(more.toString())).isEqualTo(6);
      assertThat(rows.lines())
          .last()
          .isEqualTo("an epoch takes " + rows.training().size() + " rows, by data-weights");
      // 40 rows fall on either side of one half: 20 give or take four deviations of √10.
      assertThat(times.get(pairs.toString())).isBetween(8L, 32L);
    }
  }

  @Test
  void aRowKeepsItsIdsItsMarginAndItsPlaceWithoutItsText() throws IOException {
    Path pairs = pairs("pairs.jsonl", 40);
    try (Tokenizer tokenizer = Tokenizer.load(BYTES)) {
      RowTokenizer tokenize = new RowTokenizer(tokenizer, 64);
      SplitRows rows =
          SplitRows.read(
              new SplitFiles(
                  RowFiles.of(List.of(pairs), RowFormat.USUAL),
                  RowFiles.of(List.of(), RowFormat.USUAL),
                  0),
              RowKind.COMPARISONS,
              OnBadRow.FAIL,
              tokenize);
      List<TokenizedRow> whole =
          tokenize.tokenize(Rows.read(List.of(pairs), RowKind.COMPARISONS, OnBadRow.FAIL)).rows();

      assertThat(rows.training()).hasSameSizeAs(whole);
      for (int i = 0; i < whole.size(); i++) {
        TrainingRow row = rows.training().get(i);
        assertThat(row.tree().prompt()).isEqualTo(whole.get(i).tree().prompt());
        assertThat(row.tree().completions())
            .containsExactlyElementsOf(whole.get(i).tree().completions());
        assertThat(row.margin()).isEqualTo(whole.get(i).margin());
        assertThat(row.location()).isEqualTo(whole.get(i).location());
      }
    }
  }

  private Path pairs(String name, int count) throws IOException {
    String lines =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    String.format(
                        Locale.ROOT,
                        "{\"prompt\":\"%d\",\"chosen\":\" yes\",\"rejected\":\" %d\",\"margin\":%d.5}",
                        i,
                        i,
                        i / 3))
            .collect(Collectors.joining("\n"));
    return Files.writeString(folder.resolve(name), lines);
  }

  static Stream<Arguments> wrongWeights() {
    return Stream.of(
        Arguments.of(
            List.of(1.0),
            "data-weights: 1 weights for 2 files; give one for each --data, in their order"),
        Arguments.of(
            List.of(1.0, 0.0),
            "data-weights: 0.0 is out of range; give more than 0 and at most 1000"));
  }

  @ParameterizedTest
  @MethodSource("wrongWeights")
  void refusesWeightsThatMeanNothing(List<Double> weights, String message) {
    List<Path> files = List.of(Path.of("a.csv"), Path.of("b.csv"));
    assertThatExceptionOfType(UsageException.class)
        .isThrownBy(() -> new RowFiles(files, weights, RowFormat.USUAL))
        .withMessage(message);
  }
}
