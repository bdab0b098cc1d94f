package org.rlhf4j.data;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import org.rlhf4j.model.UserException;

/**
 * Reads rows one by one from CSV ({@code .csv}), JSON lines ({@code .jsonl}) and JSON ({@code
 * .json}) files, each also as {@code .gz}, in the order of the files and of their rows. Faults are
 * one line with their place: a bad row goes to the handler, and what leaves the rest of a file
 * unreadable (damaged gzip, an open quote) ends the reading.
 *
 * @param <T> the rows' type
 */
public final class RowReader<T extends Row> implements Iterator<T>, AutoCloseable {

  private final Iterator<Path> files;
  private final RowKind<T> kind;
  private final Consumer<BadRow> onBadRow;
  private Path file;
  private RowSource source;
  private boolean any;
  private T ahead;

  private RowReader(Iterator<Path> files, RowKind<T> kind, Consumer<BadRow> onBadRow) {
    this.files = files;
    this.kind = kind;
    this.onBadRow = onBadRow;
  }

  /**
   * Begins to read.
   *
   * @param files data files
   * @param kind what is wanted of each row
   * @param onBadRow takes each bad row in its place, or throws; see {@link OnBadRow#handler}
   * @param <T> the rows' type
   * @return the reader, to be closed
   */
  public static <T extends Row> RowReader<T> open(
      List<Path> files, RowKind<T> kind, Consumer<BadRow> onBadRow) {
    return new RowReader<>(files.iterator(), kind, onBadRow);
  }

  /**
   * Tells whether another row follows; reads it, and hands over the bad rows before it.
   *
   * @throws UserException if a file is missing, empty, or can't be read on
   */
  @Override
  public boolean hasNext() {
    while (ahead == null && (source != null || openNext())) {
      advance();
    }
    return ahead != null;
  }

  /**
   * Returns the next row.
   *
   * @throws UserException if a file is missing, empty, or can't be read on
   */
  @Override
  public T next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    T row = ahead;
    ahead = null;
    return row;
  }

  /** Closes the file that is being read. */
  @Override
  public void close() {
    if (source != null) {
      source.close();
      source = null;
    }
  }

  private boolean openNext() {
    if (!files.hasNext()) {
      return false;
    }
    file = files.next();
    source = RowFile.open(file);
    any = false;
    return true;
  }

  private void advance() {
    try {
      Fields fields = source.next();
      if (fields != null) {
        any = true;
        ahead = kind.of(fields);
        return;
      }
    } catch (BadRowException e) {
      any = true;
      onBadRow.accept(e.row());
      return;
    }
    close();
    if (!any) {
      throw new UserException(file + ": holds no rows; check the file");
    }
  }
}
