package org.rlhf4j.data.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.RowReader;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.settings.UserException;

/** Well-formed files of every format and kind; {@link BadRowsTest} has the others. */
class RowFilesTest {

  @TempDir Path folder;

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static byte[] gzip(String content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(content.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private static <T extends Row> List<T> read(Path file, RowKind<T> kind) {
    return Rows.read(List.of(file), kind, OnBadRow.FAIL).rows();
  }

  @Test
  void readsJsonLinesWithPlaces() throws IOException {
    Path file =
        write(
            "a.jsonl",
            "\uFEFF{\"prompt\":\"p\",\"completion\":\"c\"}\r\n\n"
                + "  {\"text\": \"naïve 🌱 \\u00e9\", \"extra\": {\"a\": [1]}}");

    assertThat(read(file, RowKind.DEMONSTRATIONS))
        .containsExactly(
            new Demonstration("p", "c", false, new Location(file.toString(), 1, 1)),
            new Demonstration("", "naïve 🌱 é", true, new Location(file.toString(), 3, 3)));
  }

  @Test
  void readsAJsonArrayWithPlaces() throws IOException {
    Path file =
        write("a.json", "\n[ {\"prompt\": \"p\"},\n  {\"prompt\": \"q\", \"answer\": 42} ]\n");

    assertThat(read(file, RowKind.PROMPTS))
        .containsExactly(
            new PromptRow("p", Optional.empty(), new Location(file.toString(), 2, 3)),
            new PromptRow("q", Optional.of("42"), new Location(file.toString(), 3, 3)));
  }

  @Test
  void keepsFurtherFieldsWhereTheyAreAskedFor() throws IOException {
    Path file =
        write(
            "a.jsonl",
            "{\"prompt\": \"p\", \"answer\": 4, \"level\": 2, \"tags\": [\"a\", {\"b\": 0.5}], \"no\": null}");
    PromptRow row = read(file, RowKind.PROMPTS_WITH_FIELDS).get(0);
    assertThat(row.answer()).contains("4");
    assertThat(row.fields()).isEqualTo(Map.of("level", 2, "tags", List.of("a", Map.of("b", 0.5))));
    assertThat(read(file, RowKind.PROMPTS).get(0).fields()).isEmpty();
    Path csv = write("a.csv", "prompt,answer,level\np,4,2\n");
    assertThat(read(csv, RowKind.PROMPTS_WITH_FIELDS).get(0).fields())
        .isEqualTo(Map.of("level", "2"));
  }

  @Test
  void readsCsvWithQuotesLineEndsAndPlaces() throws IOException {
    Path file =
        write(
            "a.csv",
            "\uFEFFprompt,completion,source\r\n"
                + "\"say \"\"hi\"\"\", hi ,x\r\n"
                + "\"two\nlines, one\r\ncell\",\" \",y\r\n"
                + "last,,z");

    assertThat(read(file, RowKind.DEMONSTRATIONS))
        .containsExactly(
            new Demonstration("say \"hi\"", " hi ", false, new Location(file.toString(), 2, 1)),
            new Demonstration(
                "two\nlines, one\r\ncell", " ", false, new Location(file.toString(), 3, 1)),
            new Demonstration("last", "", false, new Location(file.toString(), 6, 1)));
  }

  @Test
  void readsGzipInSeveralMembers() throws IOException {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.write(gzip("{\"prompt\":\"p\"}\n"));
    both.write(gzip("{\"prompt\":\"q\"}\n"));
    Path file = Files.write(folder.resolve("a.jsonl.gz"), both.toByteArray());
    Path csv = Files.write(folder.resolve("b.csv.gz"), gzip("prompt\nr\n"));

    assertThat(Rows.read(List.of(file, csv), RowKind.PROMPTS, OnBadRow.FAIL).rows())
        .extracting(PromptRow::prompt)
        .containsExactly("p", "q", "r");
  }

  @Test
  void readsLinesLongerThanTheBuffer() throws IOException {
    String text = "é".repeat(100_000);
    Path file = write("a.jsonl", "{\"text\":\"" + text + "\"}\n{\"text\":\"" + text + "!\"}\n");

    assertThat(read(file, RowKind.DEMONSTRATIONS))
        .extracting(Demonstration::completion)
        .containsExactly(text, text + "!");
  }

  @Test
  void tellsKindsByTheirFields() throws IOException {
    Path file =
        write(
            "a.jsonl",
            """
            {"prompt":"p","completion":"c"}
            {"text":"t"}
            {"prompt":"p","chosen":"a","rejected":"b","margin":0.5}
            {"chosen":"Assistant: a","rejected":"Assistant: b"}
            {"prompt":"p","completions":["a","b","c"]}
            {"prompt":"p","answer":"7","completion":null}
            """);

    assertThat(read(file, RowKind.ANY))
        .extracting(row -> row.getClass().getSimpleName())
        .containsExactly(
            "Demonstration",
            "Demonstration",
            "Comparison",
            "Comparison",
            "Comparison",
            "PromptRow");
  }

  @Test
  void readsComparisonsOfEveryKind() throws IOException {
    Path file =
        write(
            "a.jsonl",
            """
            {"prompt":"p","chosen":" a","rejected":" b","margin":0.5}
            {"chosen":"x Assistant: a","rejected":"x Assistant: b"}
            {"prompt":"p","completions":["a","b","c"]}
            """);
    String name = file.toString();

    assertThat(read(file, RowKind.COMPARISONS))
        .containsExactly(
            new Comparison("p", " a", " b", 0.5, new Location(name, 1, 1)),
            new Comparison("x Assistant:", " a", " b", 0, new Location(name, 2, 1)),
            new Comparison("p", List.of("a", "b", "c"), 0, new Location(name, 3, 1)));
  }

  @Test
  void takesMarginsFromTheColumnNamed() throws IOException {
    Path json =
        write(
            "a.jsonl",
            "{\"prompt\":\"p\",\"chosen\":\"a\",\"rejected\":\"b\",\"gap\":2,\"margin\":9}");
    Path csv = write("a.csv", "chosen,rejected,margin\na,b,\na,b, 1.5\n");

    assertThat(read(json, RowKind.comparisons("gap", List.of())))
        .extracting(Comparison::margin)
        .containsExactly(2.0);
    assertThat(read(csv, RowKind.COMPARISONS))
        .extracting(Comparison::margin)
        .containsExactly(0.0, 1.5);
  }

  @Test
  void takesTheChosenSideForDemonstrations() throws IOException {
    Path file = write("a.jsonl", "{\"chosen\":\"x Assistant: a\",\"rejected\":\"x Assistant: b\"}");

    assertThat(read(file, RowKind.DEMONSTRATIONS))
        .containsExactly(
            new Demonstration("x Assistant:", " a", false, new Location(file.toString(), 1, 1)));
  }

  @Test
  void takesThePromptOfAnyRow() throws IOException {
    Path file =
        write(
            "a.jsonl",
            """
            {"prompt":"p","completion":"c","answer":true}
            {"chosen":"x Assistant: a","rejected":"x Assistant: b","answer":"y"}
            {"prompt":"q","completions":["a","b"]}
            """);

    assertThat(read(file, RowKind.PROMPTS))
        .extracting(PromptRow::prompt)
        .containsExactly("p", "x Assistant:", "q");
    assertThat(read(file, RowKind.PROMPTS))
        .extracting(PromptRow::answer)
        .containsExactly(Optional.of("true"), Optional.of("y"), Optional.empty());
  }

  @Test
  void handsOverBadRowsInTheirPlace() throws IOException {
    Path file =
        write(
            "a.jsonl",
            "{\"prompt\":\"1\"}\n{}\n{\"prompt\":\"3\"}\nnonsense\n{\"prompt\":\"5\"}\n");
    List<String> seen = new ArrayList<>();

    try (RowReader<PromptRow> reader =
        RowReader.open(
            List.of(file),
            RowKind.PROMPTS,
            OnBadRow.SKIP.handler(bad -> seen.add("bad " + bad.location().line())))) {
      while (reader.hasNext()) {
        seen.add(reader.next().prompt());
      }
    }
    assertThat(seen).containsExactly("1", "bad 2", "3", "bad 4", "5");
  }

  @Test
  void listsSkippedRows() throws IOException {
    Path file = write("a.csv", "prompt,answer\np,1\nq\nr,3\n");

    Rows<PromptRow> rows = Rows.read(List.of(file), RowKind.PROMPTS, OnBadRow.SKIP);

    assertThat(rows.rows()).extracting(PromptRow::prompt).containsExactly("p", "r");
    assertThat(rows.bad())
        .extracting(BadRow::message)
        .containsExactly(
            file
                + ":3:1: 1 cells under a header of 2; quote a cell that holds the delimiter or"
                + " a line end, or name the file's --csv-delimiter");
  }

  @Test
  void tellsGzipByItsBytes() throws IOException {
    Path packed = Files.write(folder.resolve("a.jsonl"), gzip("{\"prompt\":\"p\"}\n"));
    Path plain = write("b.csv.gz", "prompt\nq\n");
    assertThat(Rows.read(List.of(packed, plain), RowKind.PROMPTS, OnBadRow.FAIL).rows())
        .extracting(PromptRow::prompt)
        .containsExactly("p", "q");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"data\": [{\"prompt\":\"p\"}, {\"prompt\":\"q\"}]}",
        "{\n  \"version\": \"1\",\n  \"data\": [\n {\"prompt\":\"p\"},\n {\"prompt\":\"q\"}],\n \"n\": [2]}\n",
        "{\"version\": 1, \"rows\": [{\"prompt\":\"p\"}, {\"prompt\":\"q\"}]}",
        "{\n  \"prompt\": \"p\",\n  \"x\": [1,\n 2]\n}\n{\n  \"prompt\": \"q\"\n}\n",
        "{\n  \"items\": [],\n  \"prompt\": \"p\"\n}\n{\n\"items\": [{\"a\": 1}],\n\"prompt\": \"q\"}\n",
        "\n[\n{\n  \"prompt\": \"p\"\n},\n{\"prompt\": \"q\", \"score\": NaN, \"low\": -Infinity}\n]\n",
        "{\"prompt\": \"p\", \"data\": [{\"a\": 1}]}\n{\"prompt\": \"q\"}\n"
      })
  void readsObjectsInSeveralShapes(String content) throws IOException {
    Path file = write("a.json", content);
    if (content.contains("\"items\": [{")) {
      assertThatExceptionOfType(UserException.class)
          .isThrownBy(() -> read(file, RowKind.PROMPTS))
          .withMessageContaining("(fields: a)"); // rows in a list whose name is one for rows
      return;
    }
    assertThat(read(file, RowKind.PROMPTS)).extracting(PromptRow::prompt).containsExactly("p", "q");
  }

  @Test
  void refusesTwoListsOfRows() throws IOException {
    Path file =
        write("a.json", "{\"train\": [{\"prompt\":\"p\"}],\n\"rows\": [{\"prompt\":\"q\"}]}");
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> read(file, RowKind.PROMPTS))
        .withMessage(
            file + ":2:9: rows in \"train\" and in \"rows\"; put each into a file of its own");
  }

  @Test
  void readsWhatExcelWrites() throws IOException {
    for (String content :
        List.of(
            "prompt,completion,,\np,c,,\n",
            "prompt,completion\np,c,,\n",
            "prompt,completion,\np,c\n",
            " prompt , completion\np,c\n",
            "sep=;\r\nprompt;completion\r\np;c\r\n",
            "\uFEFFsep=\t\nprompt\tcompletion\np\tc\n",
            "prompt,completion\n,\np,c\n,\n")) {
      Path file = write("a.csv", content);
      assertThat(read(file, RowKind.DEMONSTRATIONS))
          .as(content)
          .extracting(Demonstration::prompt, Demonstration::completion)
          .containsExactly(tuple("p", "c"));
    }
    Path places = write("b.csv", "sep=;\nprompt;completion\np;c\n");
    assertThat(read(places, RowKind.DEMONSTRATIONS).get(0).location().line()).isEqualTo(3);
    Path blank = write("c.csv", "prompt,completion,,\n,,,\np,c,,x\n");
    Rows<Demonstration> rows = Rows.read(List.of(blank), RowKind.DEMONSTRATIONS, OnBadRow.FAIL);
    assertThat(rows.files().get(0).text())
        .isEqualTo(
            blank
                + ": read as prompt, completion; ignored: unnamed column 3; 1 empty rows left out");
  }

  @Test
  void saysWhatAFileIsThatHoldsNoText() throws IOException {
    assertRefused(new byte[] {'P', 'K', 3, 4, 0}, "this is a zip archive or an Excel workbook");
    assertRefused(new byte[] {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD}, "this is packed by zstd");
    assertRefused(new byte[] {(byte) 0xFF, (byte) 0xFE, 'a', 0}, "--encoding utf-16");
    assertRefused(
        "version https://git-lfs.github.com/spec/v1".getBytes(StandardCharsets.UTF_8),
        "run git lfs pull");
    assertRefused("<!DOCTYPE html>".getBytes(StandardCharsets.UTF_8), "this is a web page");
  }

  private void assertRefused(byte[] content, String message) throws IOException {
    Path file = Files.write(folder.resolve("a.csv"), content);
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> read(file, RowKind.PROMPTS))
        .withMessageStartingWith(file + ":1:1: ")
        .withMessageContaining(message);
  }
}
