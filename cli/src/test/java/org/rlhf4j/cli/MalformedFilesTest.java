package org.rlhf4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.rlhf4j.cli.Outcome.rlhf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.settings.UserException;

/** Malformed files: the reader's one line with file:line:column, and the same by the command. */
class MalformedFilesTest {

  private static final Path PARQUET = Path.of("../data/src/test/resources/parquet");
  private static final String MODEL =
      "../language-model/src/test/resources/fixtures/llama-gqa-tied";
  private static final String GOOD = "{\"prompt\":\"p\",\"completion\":\"c\"}\n";

  @TempDir Path folder;

  /** What is wrong, the file's name and bytes, and the place and words that the line has. */
  static Stream<Arguments> files() throws IOException {
    byte[] zipped = gzip(GOOD.repeat(5_000));
    byte[] flipped = zipped.clone();
    flipped[zipped.length - 6] ^= 1;
    byte[] parquet = Files.readAllBytes(PARQUET.resolve("snappy.parquet"));
    byte[] noMagic = parquet.clone();
    noMagic[parquet.length - 1] = 'X';
    byte[] noFooter = parquet.clone();
    noFooter[parquet.length - 6] = 0x7F;
    return Stream.of(
        file("truncated gzip", "a.jsonl.gz", Arrays.copyOf(zipped, 40), "1:1", "ends early"),
        file("damaged gzip", "a.jsonl.gz", flipped, "5001:1", "damaged gzip"),
        file("gzip by its name alone", "a.csv.gz", GOOD, "1:1", "malformed CSV"),
        file("broken JSON", "a.jsonl", GOOD + "{\"prompt\": \"p\",,}", "2:16", "malformed JSON"),
        file("JSON that ends early", "a.json", "[" + GOOD, "2:1", "Unexpected end-of-input"),
        file("a trailing comma", "a.json", "[" + GOOD + ",]", "2:2", "malformed JSON"),
        file(
            "a number for a text", "a.jsonl", GOOD + "{\"text\": 7}", "2:10", "should be a string"),
        file("a text for a row", "a.jsonl", GOOD + "\"text\"", "2:1", "not a JSON object"),
        file(
            "two arrays",
            "a.json",
            "[" + GOOD + "]\n[" + GOOD + "]",
            "3:1",
            "something follows the end"),
        file("rubbish after an array", "a.json", "[" + GOOD + "] x", "2:3", "malformed JSON"),
        file("NaN", "a.jsonl", GOOD + "{\"text\":NaN}", "2:9", "should be a string, not \"NaN\""),
        file("a deep row", "a.jsonl", GOOD + deep(), "2:1", "nesting depth (1001) exceeds"),
        file("a deep row of an array", "a.json", "[" + deep(), "1:1009", "nesting depth (1001)"),
        file("a long number", "a.jsonl", "{\"text\":" + "1".repeat(2_000) + "}", "1:1", "length"),
        file("a nested row", "a.json", "[[" + GOOD + "]]", "1:2", "not a JSON object"),
        file(
            "a field twice",
            "a.jsonl",
            "{\"text\":\"a\",\"text\":\"b\"}",
            "1:19",
            "Duplicate field"),
        file("two rows on a line", "a.jsonl", GOOD.strip() + GOOD, "1:32", "more than one value"),
        file(
            "a short CSV row",
            "a.csv",
            "prompt,completion\na,b\nc\n",
            "3:1",
            "1 cells under a header of 2"),
        file("a long CSV row", "a.csv", "prompt,completion\n\"a\n\",b,c\n", "2:1", "3 cells under"),
        file("an unclosed quote", "a.csv", "prompt,completion\na,\"b\n", "2:1", "malformed CSV"),
        file("a quote inside a cell", "a.csv", "text\n\"a\"b\n", "2:1", "malformed CSV"),
        file("a column twice", "a.csv", "text,text\na,b\n", "1:1", "twice"),
        file("Latin-1", "a.jsonl", latin("{\"text\":\"caf\u00e9\"}"), "1:13", "0xE9 isn't UTF-8"),
        file("Latin-1 in CSV", "a.csv", latin("text\nna\u00efve\n"), "2:3", "0xEF isn't UTF-8"),
        file("UTF-16", "a.jsonl", GOOD.getBytes(StandardCharsets.UTF_16), "1:1", "says UTF-16"),
        file("no bytes", "a.jsonl", "", "1:1", "holds no rows"),
        file("a header alone", "a.csv", "prompt,completion\n", "1:1", "holds no rows"),
        file("a huge line", "a.jsonl", GOOD + "x".repeat(1 << 25), "2:1", "more than 16,777,216"),
        file("a NUL byte", "a.jsonl", GOOD + "{\"text\":\"\0\"}", "2:10", "a NUL character"),
        file("an escaped NUL", "a.jsonl", "{\"text\":\"\\u0000\"}", "1:9", "a NUL character"),
        file("half of a pair", "a.jsonl", "{\"text\":\"\\ud83c\"}", "1:9", "surrogate pair"),
        file("JSON named as Parquet", "a.parquet", GOOD, "1:1", "not a whole Parquet file"),
        file("wrong Parquet magic", "a.parquet", noMagic, "1:1", "not a whole Parquet file"),
        file("a damaged Parquet footer", "a.parquet", noFooter, "1:1", "can't be read"),
        file(
            "a truncated Parquet file",
            "a.parquet",
            Arrays.copyOf(parquet, 900),
            "1:1",
            "not a whole"),
        file("mixed forms", "a.jsonl", GOOD + "{\"chosen\":\"a\"}", "2:1", "no \"rejected\""),
        file("an array after rows", "a.jsonl", GOOD + "[" + GOOD + "]", "2:1", "not a JSON object"),
        file(
            "no known field",
            "a.jsonl",
            GOOD + "{\"question\":\"a\"}",
            "2:1",
            "(fields: question)"),
        file(
            "one of a ranking",
            "a.jsonl",
            "{\"prompt\":\"\",\"completions\":[\"\"]}",
            "1:1",
            "two"),
        file(
            "a margin that is none",
            "a.csv",
            "chosen,rejected,margin\na,b,x",
            "2:1",
            "finite number"),
        file(
            "a wrong role",
            "a.jsonl",
            GOOD + "{\"messages\":[{\"role\":\"king\",\"content\":\"\"}]}",
            "2:13",
            "role"));
  }

  private static String deep() {
    return "{\"text\":" + "[".repeat(2_000) + "]".repeat(2_000) + "}\n";
  }

  private static Arguments file(
      String what, String name, Object content, String place, String words) {
    byte[] bytes =
        content instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : (byte[]) content;
    return arguments(what, name, bytes, place, words);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void areOneLineWithTheirPlace(String what, String name, byte[] bytes, String place, String words)
      throws IOException {
    Path file = Files.write(folder.resolve(name), bytes);
    String line = message(file);

    assertThat(line)
        .startsWith(file + ":" + place)
        .contains(words)
        .contains("; ")
        .matches(Pattern.quote(file.toString()) + ":\\d+:\\d+: .*"); // one line
    // The command says the same, and nothing after it.
    Outcome outcome =
        rlhf("inspect", "--model", MODEL, "--data", file.toString(), "--threads", "1");
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err().lines().toList()).containsExactly("rlhf: " + line);
  }

  private static String message(Path file) {
    try {
      Rows.read(List.of(file), RowKind.ANY, OnBadRow.FAIL);
    } catch (UserException e) {
      return e.getMessage();
    }
    throw new AssertionError(file + " was read");
  }

  private static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] gzip(String content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(content.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }
}
