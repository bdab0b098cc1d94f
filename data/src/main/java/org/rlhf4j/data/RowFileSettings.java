package org.rlhf4j.data;

import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.UnsupportedCharsetException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.file.RowFormat;
import org.rlhf4j.data.row.FieldNames;
import org.rlhf4j.settings.Setting;
import org.rlhf4j.settings.UsageException;

/**
 * Files of rows, and how their rows are written as far as a file's name doesn't tell.
 *
 * @param data the files
 * @param columns our names of fields and the files' own, where they differ: each {@code
 *     OURS=THEIRS}, or several with commas between them
 * @param csvDelimiter between the cells of a CSV record: one character, or {@code tab}
 * @param encoding of text files: a charset's name
 */
public record RowFileSettings(
    @Setting(
            help = "File of rows: .csv, .jsonl or .json, also as .gz, or .parquet.",
            required = true)
        List<Path> data,
    @Setting(
            help =
                "Fields that have another name in the files. Our name comes first:"
                    + " prompt=question,completion=answer.",
            group = "Data")
        List<String> columns,
    @Setting(
            help = "Character between the cells of .csv, or tab.",
            defaultValue = ",",
            group = "Data")
        String csvDelimiter,
    @Setting(
            help = "Encoding of .csv, .jsonl and .json, such as iso-8859-1.",
            defaultValue = "utf-8",
            group = "Data")
        String encoding) {

  /** Keeps copies. */
  public RowFileSettings {
    data = List.copyOf(data);
    columns = List.copyOf(columns);
  }

  /**
   * The files, of which each row is taken once.
   *
   * @return the files with their format
   * @throws UsageException if the format isn't of the form that it should have
   */
  public RowFiles rowFiles() {
    return RowFiles.of(data, format());
  }

  /**
   * Other files that are written in the same way.
   *
   * @param others the files
   * @return them with this format
   * @throws UsageException if the format isn't of the form that it should have
   */
  public RowFiles rowFiles(List<Path> others) {
    return RowFiles.of(others, format());
  }

  /** What is written here, read. */
  RowFormat format() {
    Map<String, String> names = new LinkedHashMap<>();
    for (String list : columns) {
      for (String pair : list.split(",")) {
        put(names, pair.strip());
      }
    }
    return new RowFormat(names, character(csvDelimiter), charset(encoding));
  }

  private static void put(Map<String, String> names, String pair) {
    int equals = pair.indexOf('=');
    if (equals < 1 || equals == pair.length() - 1) {
      throw new UsageException(
          "columns: '"
              + pair
              + "' isn't of the form prompt=question: first our name, then the file's name");
    }
    String name = pair.substring(0, equals);
    if (!FieldNames.ALL.contains(name)) {
      throw new UsageException(
          "columns: '"
              + name
              + "' isn't a field of a row; before the = there must be one of "
              + String.join(", ", FieldNames.ALL));
    }
    if (names.put(name, pair.substring(equals + 1)) != null) {
      throw new UsageException("columns: names '" + name + "' twice; leave one out");
    }
  }

  private static char character(String delimiter) {
    if (delimiter.equals("tab") || delimiter.equals("\\t")) {
      return '\t';
    }
    if (delimiter.length() != 1 || "\"\r\n".contains(delimiter)) {
      throw new UsageException(
          "csv-delimiter: '"
              + delimiter
              + "' can't stand between cells; give one character or tab");
    }
    return delimiter.charAt(0);
  }

  private static Charset charset(String encoding) {
    try {
      return Charset.forName(encoding);
    } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
      throw new UsageException(
          "encoding: '" + encoding + "' isn't known; give one as utf-8, iso-8859-1 or utf-16", e);
    }
  }
}
