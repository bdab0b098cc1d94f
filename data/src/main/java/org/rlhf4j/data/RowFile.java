package org.rlhf4j.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;
import org.rlhf4j.model.UsageException;

/** Opens a data file with the reader that its name asks for. */
final class RowFile {

  private RowFile() {}

  static RowSource open(Path path) {
    Function<Utf8Lines, RowSource> format = format(path);
    if (!Files.exists(path)) {
      throw new UsageException(path + ": no such file; check --data");
    }
    if (Files.isDirectory(path)) {
      throw new UsageException(path + ": a folder; name the files in it one by one");
    }
    return format.apply(Utf8Lines.open(path, name(path).endsWith(".gz")));
  }

  private static Function<Utf8Lines, RowSource> format(Path path) {
    String name = name(path);
    if (path.toString().startsWith("hf:")) {
      throw new UsageException(
          path + ": data isn't fetched from the hub; download the file and name it");
    }
    if (name.endsWith(".parquet")) {
      throw new UsageException(path + ": Parquet isn't read; save the rows as .jsonl");
    }
    String format = name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
    if (format.endsWith(".csv")) {
      return CsvRows::new;
    }
    if (format.endsWith(".jsonl") || format.endsWith(".json")) {
      return JsonRows::new;
    }
    throw new UsageException(
        path + ": an unknown format; rows are read from .csv, .jsonl and .json, also as .gz");
  }

  private static String name(Path path) {
    return path.toString().toLowerCase(Locale.ROOT);
  }
}
