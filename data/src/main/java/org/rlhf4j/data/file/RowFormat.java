package org.rlhf4j.data.file;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;

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
}
