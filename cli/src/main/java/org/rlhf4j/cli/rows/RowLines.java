package org.rlhf4j.cli.rows;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.rlhf4j.data.file.BadRow;
import org.rlhf4j.data.file.BadRowException;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.RowReader;
import org.rlhf4j.data.token.KnownIds;
import org.rlhf4j.model.family.Dimensions;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.run.AtomicFiles;

/**
 * Writes JSON lines for rows, in the order of the rows. Rows are computed in batches. A row that
 * can't be read, that has nothing to compute or that the model can't take is bad: it ends the
 * command, or where bad rows are skipped its line is {@code {"error": …}} in its place.
 *
 * @param <R> the rows' type
 * @param <I> a row as a network takes it
 */
final class RowLines<R extends Row, I> {

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .build();

  /** Takes a line without its end. */
  @FunctionalInterface
  private interface Sink {
    void write(String line) throws IOException;
  }

  /** A row in its place: an item to compute, or why there is none. */
  private record Slot<I>(I item, BadRow bad) {}

  private final RowWork<R, I> work;
  private final Sink sink;
  private final Consumer<BadRow> onBadRow;
  private final List<Slot<I>> slots = new ArrayList<>();
  private long index;
  private long held;
  private long bad;

  private RowLines(RowLineSettings settings, RowWork<R, I> work, Sink sink) {
    this.work = work;
    this.sink = sink;
    this.onBadRow = settings.onBadRow().handler(this::skip);
  }

  /**
   * Reads rows and writes their lines.
   *
   * @param settings where from and where to
   * @param kind what is wanted of each row
   * @param work what is done with them
   * @param out takes the lines where they go to no file
   * @param err takes a note where rows were skipped
   */
  static <R extends Row, I> void write(
      RowLineSettings settings,
      RowKind<R> kind,
      RowWork<R, I> work,
      PrintWriter out,
      PrintWriter err)
      throws IOException {
    if (settings.output() == null) {
      new RowLines<>(settings, work, line -> print(out, line)).run(settings, kind, err);
      return;
    }
    AtomicFiles.writeFile(
        settings.output(),
        partial -> {
          try (Writer file = Files.newBufferedWriter(partial)) {
            new RowLines<>(settings, work, line -> file.append(line).append('\n'))
                .run(settings, kind, err);
          } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(partial);
            throw e;
          }
        });
  }

  private static void print(PrintWriter out, String line) {
    out.print(line + "\n");
    if (out.checkError()) {
      throw new UserException("stdout is closed: nobody reads the results any more");
    }
  }

  private void run(RowLineSettings settings, RowKind<R> kind, PrintWriter err) throws IOException {
    try (RowReader<R> reader = RowReader.open(settings.files().rowFiles(), kind, onBadRow)) {
      while (reader.hasNext()) {
        add(reader.next());
      }
      flush();
    }
    if (bad > 0) {
      err.printf(Locale.ROOT, "%,d of %,d rows are bad; the result lines say why%n", bad, index);
    }
  }

  private void skip(BadRow row) {
    slots.add(new Slot<>(null, row));
    index++;
    bad++;
  }

  private void add(R row) throws IOException {
    I item;
    try {
      item = work.prepare(row, index);
      requireFit(row.location(), item);
    } catch (BadRowException e) {
      onBadRow.accept(e.row());
      return;
    }
    index++;
    int size = work.size(item);
    if (held > 0 && held + size > work.budget()) {
      flush();
    }
    slots.add(new Slot<>(item, null));
    held += size;
  }

  /** Refuses more tokens than the model has positions, and ids that it has no embedding for. */
  private void requireFit(Location place, I item) {
    Dimensions model = work.dimensions();
    for (int[] ids : work.ids(item)) {
      if (ids.length > model.positions()) {
        throw new BadRowException(
            place,
            String.format(
                Locale.ROOT,
                "%,d tokens are more than the model's %,d positions; shorten the row",
                ids.length,
                model.positions()));
      }
      new KnownIds(model.vocabulary()).require(place, ids);
    }
  }

  private void flush() throws IOException {
    List<I> items = slots.stream().map(Slot::item).filter(Objects::nonNull).toList();
    Iterator<List<Object>> computed =
        items.isEmpty() ? List.<List<Object>>of().iterator() : work.lines(items).iterator();
    for (Slot<I> slot : slots) {
      List<Object> lines =
          slot.bad() == null ? computed.next() : List.of(Map.of("error", slot.bad().message()));
      for (Object line : lines) {
        sink.write(JSON.writeValueAsString(line));
      }
    }
    slots.clear();
    held = 0;
  }
}
