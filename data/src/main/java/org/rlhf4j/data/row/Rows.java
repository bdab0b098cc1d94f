package org.rlhf4j.data.row;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
 * @param files how the good ones were read, file by file
 * @param <T> the rows' type
 */
public record Rows<T extends Row>(List<T> rows, List<BadRow> bad, List<FileRows> files) {

  /** Keeps unmodifiable copies. */
  public Rows {
    rows = List.copyOf(rows);
    bad = List.copyOf(bad);
    files = List.copyOf(files);
  }

  /**
   * Rows that come from no file.
   *
   * @param rows the good ones, in order
   * @param bad those left out
   */
  public Rows(List<T> rows, List<BadRow> bad) {
    this(rows, bad, List.of());
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
    List<FileRows> read;
    try (RowReader<T> reader = RowReader.open(files, kind, onBadRow.handler(bad::add))) {
      reader.forEachRemaining(rows::add);
      read = reader.files();
    }
    if (rows.isEmpty()) {
      throw noneGood(bad.size(), bad.isEmpty() ? null : bad.get(0));
    }
    return new Rows<>(rows, bad, read);
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
