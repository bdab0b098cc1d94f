package org.rlhf4j.data.file;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.rlhf4j.settings.UsageException;

/**
 * Opens a data file with the reader that its name asks for. Whether it is packed, its bytes say.
 */
public final class RowFile {

  private static final String GZIP = ".gz";

  private RowFile() {}

  /**
   * Opens a file.
   *
   * @param data its name
   * @param format how its rows are written
   * @return its rows, to be closed
   * @throws UsageException if there is no such file or its name tells no format
   */
  public static RowSource open(Path data, RowFormat format) {
    Path path = local(data);
    requireFile(path);
    String name = path.toString().toLowerCase(Locale.ROOT);
    boolean packed = name.endsWith(GZIP);
    String kind = packed ? name.substring(0, name.length() - GZIP.length()) : name;
    if (kind.endsWith(".parquet") && !packed) {
      return new ParquetRows(path);
    }
    boolean csv = kind.endsWith(".csv");
    if (!csv && !kind.endsWith(".jsonl") && !kind.endsWith(".json")) {
      throw new UsageException(
          path
              + ": this format isn't known; rows are read from .csv, .jsonl and .json, also as .gz,"
              + " and from .parquet");
    }
    FileBytes bytes = FileBytes.of(path);
    if (bytes.isParquet()) {
      return new ParquetRows(path);
    }
    bytes.requireText(format);
    TextLines lines = TextLines.open(path, bytes.isGzip(), format.encoding());
    return csv ? new CsvRows(lines, format.delimiter()) : new JsonRows(lines);
  }

  /** A file on this machine: addresses of the hub were made paths before, or can't be read. */
  private static Path local(Path data) {
    if (data.toString().startsWith("hf:")) {
      throw new UsageException(
          data + ": data isn't fetched from the hub; download the file and name it");
    }
    return data;
  }

  private static void requireFile(Path path) {
    if (!Files.exists(path)) {
      throw new UsageException(path + ": no such file; check --data");
    }
    if (Files.isDirectory(path)) {
      throw new UsageException(path + ": a folder; name the files in it one by one");
    }
  }
}
