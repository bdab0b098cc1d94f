package org.rlhf4j.data.row;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  private final Map<RowForm, Integer> forms = new EnumMap<>(RowForm.class);
  private int index = -1; // of the file that is read
  private RowSource source;
  private boolean any;
  private T ahead;
  private RowForm aheadForm;
  private RowForm form;
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
   * Tells the form of the row that {@link #next} returned last.
   *
   * @return the fields that told it, such as {@code prompt, completions}
   */
  public String form() {
    return form.fields();
  }

  /**
   * Counts the rows that were good so far by their form.
   *
   * @return by the fields that told the form, such as {@code prompt, completion}
   */
  public Map<String, Integer> forms() {
    Map<String, Integer> counts = new LinkedHashMap<>();
    forms.forEach((form, count) -> counts.put(form.fields(), count));
    return counts;
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
    if (index + 1 >= files.files().size()) {
      return false;
    }
    source = RowFile.open(files.files().get(++index), files.format());
    any = false;
    return true;
  }

  private void advance() {
    try {
      Fields fields = source.next();
      if (fields != null) {
        any = true;
        Fields named = fields.renamed(files.format().columns());
        ahead = kind.of(named);
        aheadForm = RowForm.of(named);
        forms.merge(aheadForm, 1, Integer::sum);
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
