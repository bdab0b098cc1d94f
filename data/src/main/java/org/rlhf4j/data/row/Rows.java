package org.rlhf4j.data.row;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.data.file.BadRow;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.file.RowFormat;
import org.rlhf4j.settings.UserException;

/**
 * All rows of some files.
 *
 * @param rows the good ones, in order
 * @param bad those left out; empty unless bad rows are skipped
 * @param forms how many of the good ones were of each form, by the fields that told it
 * @param <T> the rows' type
 */
public record Rows<T extends Row>(List<T> rows, List<BadRow> bad, Map<String, Integer> forms) {

  /** Keeps unmodifiable copies. */
  public Rows {
    rows = List.copyOf(rows);
    bad = List.copyOf(bad);
    forms = Collections.unmodifiableMap(new LinkedHashMap<>(forms));
  }

  /**
   * Rows that come from no file.
   *
   * @param rows the good ones, in order
   * @param bad those left out
   */
  public Rows(List<T> rows, List<BadRow> bad) {
    this(rows, bad, Map.of());
  }

  /**
   * Reads files to their end.
   *
   * @param files data files; see {@link RowReader} for their formats
   * @param kind what is wanted of each row
   * @param onBadRow what to do about a bad row
   * @param <T> the rows' type
   * @return at least one good row
   * @throws UserException if a file can't be read, a row is bad and that is to fail, or no row is
   *     good
   */
  public static <T extends Row> Rows<T> read(RowFiles files, RowKind<T> kind, OnBadRow onBadRow) {
    List<T> rows = new ArrayList<>();
    List<BadRow> bad = new ArrayList<>();
    Map<String, Integer> forms;
    try (RowReader<T> reader = RowReader.open(files, kind, onBadRow.handler(bad::add))) {
      reader.forEachRemaining(rows::add);
      forms = reader.forms();
    }
    if (rows.isEmpty()) {
      throw noneGood(bad.size(), bad.isEmpty() ? null : bad.get(0));
    }
    return new Rows<>(rows, bad, forms);
  }

  /**
   * Reads files of the usual format to their end.
   *
   * @param files data files
   * @param kind what is wanted of each row
   * @param onBadRow what to do about a bad row
   * @param <T> the rows' type
   * @return at least one good row
   */
  public static <T extends Row> Rows<T> read(List<Path> files, RowKind<T> kind, OnBadRow onBadRow) {
    return read(RowFiles.of(files, RowFormat.USUAL), kind, onBadRow);
  }

  /** Where no row is left: nothing was named, or all that was read is bad. */
  public static UserException noneGood(int bad, BadRow first) {
    return new UserException(
        first == null
            ? "no data files; name at least one with --data"
            : "no good row among " + bad + ", the first: " + first.message());
  }
}
