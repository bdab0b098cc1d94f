package org.rlhf4j.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rlhf4j.model.UserException;

/**
 * All rows of some files.
 *
 * @param rows the good ones, in order
 * @param bad those left out; empty unless bad rows are skipped
 * @param <T> the rows' type
 */
public record Rows<T extends Row>(List<T> rows, List<BadRow> bad) {

  /** Keeps unmodifiable copies. */
  public Rows {
    rows = List.copyOf(rows);
    bad = List.copyOf(bad);
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
  public static <T extends Row> Rows<T> read(List<Path> files, RowKind<T> kind, OnBadRow onBadRow) {
    List<T> rows = new ArrayList<>();
    List<BadRow> bad = new ArrayList<>();
    try (RowReader<T> reader = RowReader.open(files, kind, onBadRow.handler(bad::add))) {
      reader.forEachRemaining(rows::add);
    }
    if (rows.isEmpty()) {
      throw new UserException(
          bad.isEmpty()
              ? "no data files; name at least one with --data"
              : "no good row among " + bad.size() + ", the first: " + bad.get(0).message());
    }
    return new Rows<>(rows, bad);
  }
}
