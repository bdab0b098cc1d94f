package org.rlhf4j.data.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.settings.UserException;

/** Files by pyarrow ({@code bench/reference/make_parquet.py}) against the same rows as JSON. */
class ParquetRowsTest {

  private static final Path FIXTURES = Path.of("src/test/resources/parquet");

  @TempDir Path folder;

  private static <T extends Row> List<T> read(Path file, RowKind<T> kind) {
    return Rows.read(List.of(file), kind, OnBadRow.FAIL).rows();
  }

  @ParameterizedTest
  @ValueSource(strings = {"snappy", "zstd", "gzip", "plain"})
  void readsEveryCodecAsTheSameRows(String codec) {
    Path file = FIXTURES.resolve(codec + ".parquet");
    List<Comparison> rows = read(file, RowKind.COMPARISONS);
    List<Comparison> expected = read(FIXTURES.resolve("comparisons.jsonl"), RowKind.COMPARISONS);

    assertThat(rows).hasSize(50).hasSameSizeAs(expected);
    for (int i = 0; i < rows.size(); i++) {
      Comparison row = rows.get(i);
      assertThat(row.prompt()).isEqualTo(expected.get(i).prompt());
      assertThat(row.completions()).isEqualTo(expected.get(i).completions());
      assertThat(row.margin()).isEqualTo(expected.get(i).margin());
      assertThat(row.location()).isEqualTo(new Location(file.toString(), i + 1, 1));
    }
  }

  @Test
  void readsListsOfTexts() {
    assertThat(read(FIXTURES.resolve("rankings.parquet"), RowKind.COMPARISONS))
        .extracting(Comparison::completions)
        .isEqualTo(
            read(FIXTURES.resolve("rankings.jsonl"), RowKind.COMPARISONS).stream()
                .map(Comparison::completions)
                .toList());
  }

  @Test
  void readsListsOfObjects() {
    RowSource source = new ParquetRows(FIXTURES.resolve("messages.parquet"));
    try (source) {
      assertThat(source.next().names()).isEqualTo("(fields: messages)");
      assertThat(source.next()).isNull();
    }
  }

  @Test
  void placesAFaultByRowAndColumn() {
    Path file = FIXTURES.resolve("snappy.parquet");
    RowFormat format = new RowFormat(Map.of("chosen", "margin"), ',', StandardCharsets.UTF_8);
    RowFiles wrong = RowFiles.of(List.of(file), format);
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(() -> Rows.read(wrong, RowKind.COMPARISONS, OnBadRow.FAIL))
        .withMessage(file + ":1:4: \"chosen\" should be a string, not 0.0; correct it");
  }

  /** Whatever byte is damaged: rows, or one line that names the file; nothing else comes out. */
  @Test
  void aDamagedByteIsAFaultOfTheFile() throws IOException {
    byte[] whole = Files.readAllBytes(FIXTURES.resolve("rankings.parquet"));
    Path file = folder.resolve("damaged.parquet");
    int faults = 0;
    for (int i = 0; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= (byte) 0xFF;
      Files.write(file, damaged);
      try {
        read(file, RowKind.ANY);
      } catch (UserException e) {
        assertThat(e.getMessage()).startsWith(file.toString()).doesNotContain("\n");
        faults++;
      }
    }
    assertThat(faults).isGreaterThan(whole.length / 4);
  }

  /** Whatever the bytes are, the file is read or refused; sizes in it take no memory. */
  @ParameterizedTest
  @ValueSource(strings = {"snappy", "zstd", "gzip", "plain"})
  void damagedFilesAreReadOrRefused(String codec) throws IOException {
    byte[] whole = Files.readAllBytes(FIXTURES.resolve(codec + ".parquet"));
    Random random = new Random(24);
    Path file = folder.resolve("damaged.parquet");
    for (int i = 0; i < Integer.getInteger("fuzz.inputs", 600) / 4; i++) {
      byte[] damaged = whole.clone();
      for (int n = random.nextInt(3); n >= 0; n--) {
        damaged[4 + random.nextInt(damaged.length - 8)] = (byte) random.nextInt(256);
      }
      Files.write(file, damaged);
      try {
        read(file, RowKind.COMPARISONS);
      } catch (UserException e) {
        assertThat(e.getMessage()).startsWith(file.toString()).doesNotContain("\n");
      }
    }
  }
}
