package org.rlhf4j.data.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

/** Every fault is one line: file:line:column, what, and what to do. */
class BadRowsTest {

  private static final String GOOD = "{\"prompt\":\"p\",\"completion\":\"c\"}\n";

  @TempDir Path folder;

  /** Faults of one row: file name, content, the message after the file's name. */
  static Stream<Arguments> badRows() {
    String needs = "; it needs prompt and completion, or text, or chosen and rejected";
    return Stream.of(
        arguments(
            "a.jsonl",
            GOOD + "{\"prompt\":\"p\"",
            ":2:14: malformed JSON (Unexpected end-of-input: expected close marker for Object);"
                + " correct the row"),
        arguments(
            "a.jsonl",
            GOOD + "{\"prompt\":\"p\"\r\n" + GOOD,
            ":2:14: malformed JSON (Unexpected end-of-input: expected close marker for Object);"
                + " correct the row"),
        arguments(
            "a.jsonl",
            GOOD + "\n\"text\"\n",
            ":3:1: not a JSON object; write each row as {\"prompt\": …}"),
        arguments(
            "a.jsonl",
            GOOD.strip() + " {}\n",
            ":1:33: more than one value on the line; put each row on a line of its own"),
        arguments(
            "a.jsonl",
            "{\"text\":\"a\",\"text\":\"b\"}",
            ":1:19: malformed JSON (Duplicate field 'text'); correct the row"),
        arguments(
            "a.jsonl", "{\"prompt\":\"p\"}", ":1:1: not a demonstration (fields: prompt)" + needs),
        arguments("a.jsonl", "{\"prompt\":null}", ":1:1: not a demonstration (no fields)" + needs),
        arguments(
            "a.jsonl",
            "{\"completion\":\"c\"}",
            ":1:1: no \"prompt\" (fields: completion); add it"),
        arguments(
            "a.jsonl", "{\"chosen\":\"c\"}", ":1:1: no \"rejected\" (fields: chosen); add it"),
        arguments(
            "a.jsonl",
            "{\"prompt\": \"p\", \"completion\": 7}",
            ":1:31: \"completion\" should be a string, not 7; correct it"),
        arguments(
            "a.jsonl",
            "{\"prompt\":\"p\",\"completion\":[\"c\"]}",
            ":1:28: \"completion\" should be a string, not [\"c\"]; correct it"),
        arguments(
            "a.jsonl",
            "{\"text\":\"\\ud83c!\"}",
            ":1:9: \"text\" holds half of a surrogate pair, which no text has; mend or remove it"),
        arguments(
            "a.jsonl",
            "{\"text\":\"a\\u0000b\"}",
            ":1:9: \"text\" holds a NUL character, which no text has; remove it"),
        arguments(
            "a.jsonl",
            GOOD + "{\"text\":\"a\0b\"}",
            ":2:11: a NUL character, which no text has; correct the file, or name its --encoding"),
        arguments(
            "a.jsonl",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
            ":1:1: there is no message of the assistant to train on; add the assistant's answer"),
        arguments(
            "a.jsonl",
            "{\"messages\":\"hi\"}",
            ":1:13: \"messages\" is a text where a list of messages belongs, and it can't be read as"
                + " one; write the list as JSON"),
        arguments(
            "a.jsonl",
            "{\"messages\":[]}",
            ":1:13: \"messages\" should be a list of messages, not []; correct it"),
        arguments(
            "a.jsonl",
            "{\"messages\":[{\"role\":\"assistant\",\"content\":null}]}",
            ":1:13: \"messages\" should be messages with a role and a content, both strings, not"
                + " {\"role\":\"assistant\",\"content\":null}; correct it"),
        arguments(
            "a.jsonl",
            "{\"messages\":[{\"role\":\"assistant\",\"content\":\"c\",\"tool_calls\":[1],\"name\":null}]}",
            ":1:13: \"messages\" should be messages whose tool calls name a function, not [1]; correct"
                + " it"),
        arguments(
            "a.jsonl",
            "{\"prompt\":[{\"role\":\"user\",\"content\":\"hi\"}],\"chosen\":\"c\"}",
            ":1:1: no \"rejected\" (fields: prompt, chosen); add it"),
        arguments(
            "a.jsonl",
            "{\"chosen\":[{\"role\":\"user\",\"content\":\"a\"}],"
                + "\"rejected\":[{\"role\":\"user\",\"content\":\"b\"}]}",
            ":1:1: the dialogues share no prompt that the assistant answers; give a prompt"),
        arguments(
            "a.jsonl",
            "{\"prompt\":\"p\",\"completions\":[\"c\"]}",
            ":1:1: \"completions\" lists fewer than two; give at least two, best first"),
        arguments(
            "a.jsonl",
            "{\"prompt\":\"p\",\"completions\":\"c\"}",
            ":1:29: \"completions\" should be a list of strings, not \"c\"; correct it"),
        arguments(
            "a.json",
            "[\n " + GOOD + ", 3]",
            ":3:3: not a JSON object; write each row as {\"prompt\": …}"),
        arguments(
            "a.csv",
            "prompt,completion\np,c,\"x\ny\"\n",
            ":2:1: 3 cells under a header of 2; quote a cell that holds the delimiter or a line end, or"
                + " name the file's --csv-delimiter"));
  }

  @ParameterizedTest
  @MethodSource("badRows")
  void failsOrSkipsARow(String name, String content, String message) throws IOException {
    Path file = Files.writeString(folder.resolve(name), content);
    Path good = Files.writeString(folder.resolve("good.jsonl"), GOOD);

    assertFails(file, RowKind.DEMONSTRATIONS, message);
    assertThat(Rows.read(List.of(file, good), RowKind.DEMONSTRATIONS, OnBadRow.SKIP).bad())
        .extracting(BadRow::message)
        .containsExactly(file + message);
  }

  /** Faults that depend on what is wanted of the rows. */
  static Stream<Arguments> unwantedRows() {
    return Stream.of(
        arguments(
            RowKind.COMPARISONS,
            GOOD,
            ":1:1: not a comparison (fields: prompt, completion); it needs chosen and rejected, with"
                + " a prompt or as whole dialogues"),
        arguments(
            RowKind.COMPARISONS,
            "{\"chosen\":\"a\",\"rejected\":\"b\",\"margin\":\"1\"}",
            ":1:39: \"margin\" should be a finite number, not \"1\"; correct it"),
        arguments(
            RowKind.COMPARISONS,
            "{\"chosen\":\"a\",\"rejected\":\"b\",\"margin\":1e999}",
            ":1:39: \"margin\" should be a finite number, not \"Infinity\"; correct it"),
        arguments(
            RowKind.comparisons("gap", List.of()),
            "{\"chosen\":\"a\",\"rejected\":\"b\"}",
            ":1:1: no \"gap\" (fields: chosen, rejected); add it or change --margin-column"),
        arguments(
            RowKind.PROMPTS,
            "{\"question\":\"a\",\"answer\":\"b\"}",
            ":1:1: no prompt (fields: question, answer); it needs prompt, or chosen and rejected;"
                + " a field of another name: --columns prompt=question"),
        arguments(
            RowKind.PROMPTS,
            "{\"prompt;answer\":\"a;b\"}",
            ":1:1: no prompt (fields: prompt;answer); it needs prompt, or chosen and rejected; its"
                + " cells seem to stand between ';': --csv-delimiter ';'"),
        arguments(
            RowKind.PROMPTS,
            "{\"prompt\":\"a\",\"answer\":[1]}",
            ":1:24: \"answer\" should be a string or a number, not [1]; correct it"),
        arguments(
            RowKind.ANY,
            "{\"question\":\"a\"}",
            ":1:1: no field says what kind of row this is (fields: question); it needs prompt,"
                + " completion or text, or chosen and rejected; a field of another name: --columns"
                + " prompt=question"));
  }

  @ParameterizedTest
  @MethodSource("unwantedRows")
  void saysWhatARowLacks(RowKind<? extends Row> kind, String content, String message)
      throws IOException {
    assertFails(Files.writeString(folder.resolve("a.jsonl"), content), kind, message);
  }

  @Test
  void failsOnAMarginThatIsNoNumberInCsv() throws IOException {
    Path file = Files.writeString(folder.resolve("a.csv"), "chosen,rejected,margin\na,b,much\n");
    assertFails(
        file,
        RowKind.COMPARISONS,
        ":2:1: \"margin\" should be a finite number, not \"much\"; correct it");
  }

  @Test
  void skipsALineThatIsNotUtf8() throws IOException {
    byte[] content = (GOOD + "{\"text\":\"caf?\"}\n" + GOOD).getBytes(StandardCharsets.ISO_8859_1);
    content[GOOD.length() + 12] = (byte) 0xE9;
    Path file = Files.write(folder.resolve("a.jsonl"), content);

    Rows<Demonstration> rows = Rows.read(List.of(file), RowKind.DEMONSTRATIONS, OnBadRow.SKIP);

    assertThat(rows.rows()).hasSize(2);
    assertThat(rows.bad())
        .extracting(BadRow::message)
        .containsExactly(
            file
                + ":2:13: byte 0xE9 isn't UTF-8; save the file as UTF-8, or name what it is with --encoding");
  }

  @Test
  void skipsARowWithoutAnEndInLittleMemory() throws IOException {
    String line = "{\"text\":\"" + "x".repeat(TextLines.LONGEST_ROW) + "\"}\n";
    Path file = Files.writeString(folder.resolve("a.jsonl"), GOOD + line + GOOD);

    Rows<Demonstration> rows = Rows.read(List.of(file), RowKind.DEMONSTRATIONS, OnBadRow.SKIP);

    String message =
        ":2:1: a row of more than 16,777,216 characters; is a line end or a closing quote missing?";
    assertThat(rows.rows()).hasSize(2);
    assertThat(rows.bad()).extracting(BadRow::message).containsExactly(file + message);

    Path csv =
        Files.writeString(
            folder.resolve("a.csv"),
            "prompt,text\np,\"" + "x\n".repeat(TextLines.LONGEST_ROW / 2 + 1));
    assertFails(csv, RowKind.PROMPTS, message);
    Path array = Files.writeString(folder.resolve("a.json"), "[\n" + line + "]");
    assertFails(array, RowKind.DEMONSTRATIONS, message);
  }

  /** Faults after which nothing can be read, so that skipping doesn't help. */
  static Stream<Arguments> brokenFiles() throws IOException {
    byte[] zipped = gzip(GOOD.repeat(50_000));
    byte[] damaged = zipped.clone();
    damaged[damaged.length - 5] ^= 1;
    byte[] latin = "prompt,completion\nna\u00efve,c\n".getBytes(StandardCharsets.ISO_8859_1);
    byte[] latinArray = "[{\"text\":\n\"\u00ef\"}]".getBytes(StandardCharsets.ISO_8859_1);
    return Stream.of(
        arguments("a.jsonl", bytes(""), ":1:1: holds no rows; check the file"),
        arguments("a.jsonl", bytes("\n \n"), ":1:1: holds no rows; check the file"),
        arguments("a.json", bytes("[]"), ":1:1: holds no rows; check the file"),
        arguments("a.csv", bytes("prompt,completion\n"), ":1:1: holds no rows; check the file"),
        arguments(
            "a.json",
            bytes("[" + GOOD),
            ":2:1: malformed JSON (Unexpected end-of-input: expected close marker for Array);"
                + " correct the row"),
        arguments(
            "a.json",
            latinArray,
            ":2:2: byte 0xEF isn't UTF-8; save the file as UTF-8, or name what it is with --encoding"),
        arguments(
            "a.csv",
            bytes("prompt,text\na,b\nc\0,d\n"),
            ":3:2: a NUL character, which no text has; correct the file, or name its --encoding"),
        arguments(
            "a.csv",
            latin,
            ":2:3: byte 0xEF isn't UTF-8; save the file as UTF-8, or name what it is with --encoding"),
        arguments(
            "a.csv",
            bytes("prompt,completion\np,\"c\n\nx"),
            ":2:1: malformed CSV ((startline 2) EOF reached before encapsulated token finished);"
                + " correct the quotes"),
        arguments(
            "a.csv",
            bytes("prompt,completion\n\"p\"x,c\n"),
            ":2:1: malformed CSV (Invalid character between encapsulated token and delimiter at"
                + " line: 2, position: 22); correct the quotes"),
        arguments(
            "a.csv",
            bytes("prompt,completion,prompt\np,c,p\n"),
            ":1:1: the header names \"prompt\" twice; rename one column"),
        arguments(
            "a.jsonl.gz",
            Arrays.copyOf(zipped, 5),
            ":1:1: the gzip data ends early; copy or write the file again"),
        arguments(
            "a.jsonl.gz",
            damaged,
            ":50001:1: damaged gzip data (Corrupt GZIP trailer); copy or write the file again"));
  }

  @ParameterizedTest
  @MethodSource("brokenFiles")
  void failsOnABrokenFileEvenWhenSkipping(String name, byte[] content, String message)
      throws IOException {
    Path file = Files.write(folder.resolve(name), content);
    for (OnBadRow onBadRow : OnBadRow.values()) {
      assertThatExceptionOfType(UserException.class)
          .isThrownBy(() -> Rows.read(List.of(file), RowKind.DEMONSTRATIONS, onBadRow))
          .withMessage(file + message);
    }
  }

  @Test
  void failsOnATruncatedGzipFile() throws IOException {
    byte[] zipped = gzip(GOOD.repeat(50_000));
    Path file =
        Files.write(folder.resolve("a.jsonl.gz"), Arrays.copyOf(zipped, zipped.length - 20));

    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> Rows.read(List.of(file), RowKind.DEMONSTRATIONS, OnBadRow.SKIP))
        .withMessageMatching(
            "\\Q" + file + "\\E:\\d+:1: the gzip data ends early; copy or write the file again");
  }

  static Stream<Arguments> wrongFiles() {
    return Stream.of(
        arguments("missing.jsonl", ": no such file; check --data"),
        arguments("sub.csv", ": a folder; name the files in it one by one"),
        arguments("", ": a folder; name the files in it one by one"),
        arguments("a.parquet", ": no such file; check --data"),
        arguments(
            "a.txt",
            ": this format isn't known; rows are read from .csv, .jsonl and .json, also as .gz, and"
                + " from .parquet"));
  }

  @ParameterizedTest
  @MethodSource("wrongFiles")
  void refusesAFileItCannotOpen(String name, String message) throws IOException {
    Files.createDirectory(folder.resolve("sub.csv"));
    Files.createFile(folder.resolve("a.txt"));
    Path file = folder.resolve(name);
    assertThatExceptionOfType(UsageException.class)
        .isThrownBy(() -> Rows.read(List.of(file), RowKind.ANY, OnBadRow.FAIL))
        .withMessage(file + message);
  }

  @Test
  void failsWhereNoRowIsGoodOrNoFileIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("a.jsonl"), "{}\n{}\n");
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> Rows.read(List.of(file), RowKind.PROMPTS, OnBadRow.SKIP))
        .withMessage(
            "no good row among 2, the first: "
                + file
                + ":1:1: no prompt (no fields); it needs prompt, or chosen and rejected");
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> Rows.read(List.of(), RowKind.PROMPTS, OnBadRow.FAIL))
        .withMessage("no data files; name at least one with --data");
  }

  private static void assertFails(Path file, RowKind<? extends Row> kind, String message) {
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> Rows.read(List.of(file), kind, OnBadRow.FAIL))
        .withMessage(file + message);
  }

  private static byte[] bytes(String content) {
    return content.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] gzip(String content) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
      gzip.write(bytes(content));
    }
    return bytes.toByteArray();
  }
}
