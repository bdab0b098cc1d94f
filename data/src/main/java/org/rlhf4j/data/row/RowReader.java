package org.rlhf4j.data.row;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import org.rlhf4j.data.file.BadRow;
import org.rlhf4j.data.file.BadRowException;
import org.rlhf4j.data.file.Fields;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFile;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.file.RowFormat;
import org.rlhf4j.data.file.RowSource;
import org.rlhf4j.settings.UserException;

/**
 * Reads rows one by one from CSV ({@code .csv}), JSON lines ({@code .jsonl}) and JSON ({@code
 * .json}) files, each also as {@code .gz}, and from Parquet ({@code .parquet}), in the order of the
 * files and of their rows. Holds a row at a time, of Parquet a row group. Faults are one line with
 * their place: a bad row goes to the handler, and what leaves the rest of a file unreadable
 * (damaged gzip, an open quote) ends the reading.
 *
 * @param <T> the rows' type
 */
public final class RowReader<T extends Row> implements Iterator<T>, AutoCloseable {

  private final RowFiles files;
  private final RowKind<T> kind;
  private final Consumer<BadRow> onBadRow;
  private final List<FileRows.Builder> read = new ArrayList<>();
  private int index = -1; // of the file that is read
  private RowSource source;
  private boolean any;
  private T ahead;
  private String aheadForm;
  private String form;
  private double weight;

  private RowReader(RowFiles files, RowKind<T> kind, Consumer<BadRow> onBadRow) {
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
      RowFiles files, RowKind<T> kind, Consumer<BadRow> onBadRow) {
    return new RowReader<>(files, kind, onBadRow);
  }

  /**
   * Begins to read files of the usual format.
   *
   * @param files data files
   * @param kind what is wanted of each row
   * @param onBadRow takes each bad row in its place, or throws; see {@link OnBadRow#handler}
   * @param <T> the rows' type
   * @return the reader, to be closed
   */
  public static <T extends Row> RowReader<T> open(
      List<Path> files, RowKind<T> kind, Consumer<BadRow> onBadRow) {
    return open(RowFiles.of(files, RowFormat.USUAL), kind, onBadRow);
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
    form = aheadForm;
    weight = files.weight(index);
    return row;
  }

  /**
   * Tells how many times an epoch takes the row that {@link #next} returned last.
   *
   * @return its file's weight; a fraction means that share of the file's rows
   */
  public double weight() {
    return weight;
  }

  /**
   * Tells the layout of the row that {@link #next} returned last.
   *
   * @return the fields that tell it, such as {@code prompt, completions}
   */
  public String form() {
    return form;
  }

  /**
   * Tells how the rows that were good so far were read.
   *
   * @return of each file that was opened, in order
   */
  public List<FileRows> files() {
    return read.stream().map(FileRows.Builder::build).toList();
  }

  /** Closes the file that is being read. */
  @Override
  public void close() {
    if (source != null) {
      read.get(read.size() - 1).blank(source.blankRows());
      source.close();
      source = null;
    }
  }

  private boolean openNext() {
    if (index + 1 >= files.files().size()) {
      return false;
    }
    source = RowFile.open(files.files().get(++index), files.format());
    read.add(new FileRows.Builder(files.files().get(index).toString()));
    any = false;
    return true;
  }

  private void advance() {
    try {
      Fields fields = source.next();
      if (fields != null) {
        any = true;
        RecognisedRow row = RecognisedRow.of(fields.renamed(files.format().columns()));
        ahead = kind.of(row);
        aheadForm = row.form();
        read.get(read.size() - 1).count(row, kind);
        return;
      }
    } catch (BadRowException e) {
      any = true;
      onBadRow.accept(e.row());
      return;
    }
    close();
    if (!any) {
      String name = files.files().get(index).toString();
      throw new UserException(new Location(name, 1, 1) + ": holds no rows; check the file");
    }
  }
}
