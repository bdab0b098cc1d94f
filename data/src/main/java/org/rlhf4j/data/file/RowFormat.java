package org.rlhf4j.data.file;

import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.settings.UsageException;

/**
 * How the rows of files are written, as far as a file's name doesn't tell.
 *
 * @param columns our name of a field and the files' own, where they differ
 * @param delimiter between the cells of a CSV record
 * @param encoding of text files
 */
public record RowFormat(Map<String, String> columns, char delimiter, Charset encoding) {

  /** Our names, commas and UTF-8. */
  public static final RowFormat USUAL = new RowFormat(Map.of(), ',', StandardCharsets.UTF_8);

  /** Keeps an unmodifiable copy. */
  public RowFormat {
    columns = Map.copyOf(columns);
  }

  /**
   * Reads what a user wrote.
   *
   * @param columns each {@code OURS=THEIRS}, or several with commas between them
   * @param delimiter one character, or {@code tab}
   * @param encoding a charset's name
   * @return the format
   * @throws UsageException where one of them isn't of that form
   */
  public static RowFormat of(List<String> columns, String delimiter, String encoding) {
    Map<String, String> names = new LinkedHashMap<>();
    for (String list : columns) {
      for (String pair : list.split(",")) {
        put(names, pair.strip());
      }
    }
    return new RowFormat(names, character(delimiter), charset(encoding));
  }

  private static void put(Map<String, String> names, String pair) {
    int equals = pair.indexOf('=');
    if (equals < 1 || equals == pair.length() - 1) {
      throw new UsageException(
          "columns: '" + pair + "' isn't of the form prompt=question: our name, then the file's");
    }
    String name = pair.substring(0, equals);
    if (!Fields.NAMES.contains(name)) {
      throw new UsageException(
          "columns: '"
              + name
              + "' is no field of a row; before the = stands one of "
              + String.join(", ", Fields.NAMES));
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
