package org.rlhf4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;

class RowFileSettingsTest {

  @TempDir Path folder;

  private record Format(String[] columns, String delimiter, String encoding) {}

  private static Format format(String delimiter, String encoding, String... columns) {
    return new Format(columns, delimiter, encoding);
  }

  private static <T extends Row> List<T> read(Path file, RowKind<T> kind, Format format) {
    RowFileSettings files =
        new RowFileSettings(
            List.of(file), List.of(format.columns()), format.delimiter(), format.encoding());
    return new RowSettings(files, OnBadRow.FAIL).read(kind).rows();
  }

  @Test
  void takesFieldsByTheNamesOfTheFile() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("a.jsonl"),
            "{\"question\":\"q\",\"answer\":\"a\",\"prompt\":\"hidden\",\"completion\":null}\n"
                + "{\"question\":\"r\",\"answer\":\"b\"}\n");
    Format format = format(",", "utf-8", "prompt=question, completion=answer");

    assertThat(read(file, RowKind.DEMONSTRATIONS, format))
        .extracting(Demonstration::prompt, Demonstration::completion)
        .containsExactly(tuple("q", "a"), tuple("r", "b"));
    // The answer became the completion: as a prompt row it has none left.
    assertThat(read(file, RowKind.PROMPTS, format))
        .extracting(PromptRow::answer)
        .containsOnly(Optional.empty());
  }

  @Test
  void aColumnThatIsNotThereIsAFaultAndANullOneIsAbsent() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("a.jsonl"),
            "{\"prompt\":\"p\",\"gap\":null,\"chosen\":\"a\",\"rejected\":\"b\"}\n"
                + "{\"prompt\":\"p\",\"chosen\":\"a\",\"rejected\":\"b\"}\n");
    Format format = format(",", "utf-8", "margin=gap");

    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> read(file, RowKind.COMPARISONS, format))
        .withMessage(
            file
                + ":2:1: no \"gap\" (fields: prompt, chosen, rejected), which --columns takes for"
                + " margin; correct --columns");
  }

  @ParameterizedTest
  @ValueSource(strings = {"iso-8859-1", "windows-1252", "utf-16", "utf-16le", "utf-8"})
  void readsEncodings(String encoding) throws IOException {
    String csv = "prompt;completion\r\n\"na\u00efve;\n2\";caf\u00e9\r\n";
    Path file = Files.writeString(folder.resolve("a.csv"), csv, Charset.forName(encoding));
    Format format = format(";", encoding);

    assertThat(read(file, RowKind.DEMONSTRATIONS, format))
        .containsExactly(
            new Demonstration(
                "na\u00efve;\n2", "caf\u00e9", false, new Location(file.toString(), 2, 1)));

    Path lines =
        Files.writeString(
            folder.resolve("a.jsonl"),
            "\n{\"text\":\"\u00ef\"}\n{\"text\":\"\u00e9\"}",
            Charset.forName(encoding));
    assertThat(read(lines, RowKind.DEMONSTRATIONS, format))
        .containsExactly(
            new Demonstration("", "\u00ef", true, new Location(lines.toString(), 2, 1)),
            new Demonstration("", "\u00e9", true, new Location(lines.toString(), 3, 1)));
  }

  @Test
  void readsTabsBetweenCells() throws IOException {
    Path file = Files.writeString(folder.resolve("a.csv"), "prompt\tanswer\na, b\t4\n");
    assertThat(read(file, RowKind.PROMPTS, format("tab", "utf-8")))
        .containsExactly(
            new PromptRow("a, b", Optional.of("4"), new Location(file.toString(), 2, 1)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "question | , | utf-8 | columns: 'question' isn't of the form prompt=question: first our"
            + " name, then the file's name",
        "question=prompt | , | utf-8 | columns: 'question' isn't a field of a row; before the ="
            + " there must be one of prompt, completion, text, messages, chosen, rejected,"
            + " completions, margin, answer, tools, system, history",
        "text=a,text=b | , | utf-8 | columns: names 'text' twice; leave one out",
        "text=a | ;; | utf-8 | csv-delimiter: ';;' can't stand between cells; give one character or"
            + " tab",
        "text=a | , | latin | encoding: 'latin' isn't known; give one as utf-8, iso-8859-1 or"
            + " utf-16"
      })
  void refusesWhatMeansNothing(String columns, String delimiter, String encoding, String message) {
    assertThatExceptionOfType(UsageException.class)
        .isThrownBy(
            () -> new RowFileSettings(List.of(), List.of(columns), delimiter, encoding).rowFiles())
        .withMessage(message);
  }
}
