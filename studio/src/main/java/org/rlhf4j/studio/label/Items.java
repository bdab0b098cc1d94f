package org.rlhf4j.studio.label;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.rlhf4j.data.file.BadRow;
import org.rlhf4j.data.file.OnBadRow;
import org.rlhf4j.data.file.RowFiles;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.data.row.RowKind;
import org.rlhf4j.data.row.RowReader;
import org.rlhf4j.data.row.Rows;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.store.Store;

/** What comes into a project. */
public final class Items {

  private static final int BATCH = 1_000;

  /** The right answer of a gold item, whose row has the better one first. */
  private static final String FIRST = "{\"better\":0}";

  /** In SQL, whether an item wants more once {@code :more} answers have come. */
  static final String OPEN =
      "CASE WHEN answers + :more < :target AND gold IS NULL AND settled = 0 THEN 1 ELSE 0 END";

  /** The order of completions is no verdict in rows of this form. */
  private static final String UNLABELLED = "prompt, completions";

  /**
   * What became of the items that were to be added.
   *
   * @param added by what is asked
   * @param repeated that the project had already
   * @param identical whose completions are all the same
   * @param promptless texts without a prompt
   * @param bad rows that were left out
   */
  public record Added(
      Map<ItemKind, Integer> added, int repeated, int identical, int promptless, List<BadRow> bad) {

    /** How many there are now more. */
    public int count() {
      return added.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** A line for each thing to know. */
    public List<String> lines() {
      List<String> lines = new ArrayList<>();
      String kinds =
          added.entrySet().stream()
              .map(
                  entry ->
                      String.format(
                          Locale.ROOT, "%,d to %s", entry.getValue(), entry.getKey().written()))
              .collect(Collectors.joining(", "));
      lines.add(
          String.format(
              Locale.ROOT, "%,d items added%s", count(), kinds.isEmpty() ? "" : ": " + kinds));
      say(lines, repeated, "left out: the project has them already");
      say(lines, identical, "left out: their completions are the same text");
      say(lines, promptless, "left out: texts without a prompt to write for");
      say(lines, bad.size(), "bad rows left out");
      bad.stream().limit(10).forEach(row -> lines.add("  " + row.message()));
      return lines;
    }

    private static void say(List<String> lines, int count, String what) {
      if (count > 0) {
        lines.add(String.format(Locale.ROOT, "%,d %s", count, what));
      }
    }
  }

  private final Store store;

  /** The items of a store. */
  public Items(Store store) {
    this.store = store;
  }

  /**
   * Adds the rows of files, all or none.
   *
   * @param project where to
   * @param files the files
   * @param onBadRow what to do about a bad row
   * @return what became of them
   * @throws UserException if a file can't be read, a row is bad and that is to fail, or none is
   *     good
   */
  public Added add(Project project, RowFiles files, OnBadRow onBadRow) {
    return add(project, files, onBadRow, false);
  }

  /**
   * Adds the rows of files as gold items, all or none.
   *
   * @param project where to
   * @param files pairs of which it is known which is better
   * @param onBadRow what to do about a bad row
   * @return what became of them
   * @throws UserException as {@link #add}, and if a row isn't such a pair
   */
  public Added addGold(Project project, RowFiles files, OnBadRow onBadRow) {
    return add(project, files, onBadRow, true);
  }

  private Added add(Project project, RowFiles files, OnBadRow onBadRow, boolean gold) {
    List<BadRow> bad = new ArrayList<>();
    return store.change(
        handle -> {
          Adding adding = new Adding(handle, project, gold);
          try (RowReader<Row> reader =
              RowReader.open(files, RowKind.ANY, onBadRow.handler(bad::add))) {
            while (reader.hasNext()) {
              Row row = reader.next();
              Optional<NewItem> item = RowItems.of(row, !reader.form().equals(UNLABELLED));
              item.ifPresentOrElse(adding::add, () -> adding.promptless++);
            }
          }
          Added added = adding.end(bad);
          if (added.count() + adding.repeated + adding.identical + adding.promptless == 0) {
            throw Rows.noneGood(bad.size(), bad.isEmpty() ? null : bad.get(0));
          }
          return added;
        });
  }

  /**
   * Adds items.
   *
   * @param project where to
   * @param items any number
   * @return what became of them
   */
  public Added add(Project project, Iterable<NewItem> items) {
    return store.change(
        handle -> {
          Adding adding = new Adding(handle, project, false);
          items.forEach(adding::add);
          return adding.end(List.of());
        });
  }

  /** Puts an item into a project, and tells its number; that of the one that is there already. */
  static long put(Handle handle, Project project, NewItem item) {
    Adding adding = new Adding(handle, project, false);
    adding.add(item);
    if (adding.identical > 0) {
      throw new UsageException("not an item: all completions are the same text");
    }
    adding.flush();
    return handle
        .createQuery("SELECT id FROM item WHERE project_id = :project AND digest = :digest")
        .bind("project", project.id())
        .bind("digest", item.digest())
        .mapTo(Long.class)
        .one();
  }

  /**
   * The item of a number.
   *
   * @throws UsageException if the project doesn't have it
   */
  static Item one(Handle handle, Project project, long id) {
    return handle
        .createQuery("SELECT * FROM item WHERE id = :id AND project_id = :project")
        .bind("id", id)
        .bind("project", project.id())
        .map(Labelling.ITEM)
        .findOne()
        .orElseThrow(Items::unknown);
  }

  static UsageException unknown() {
    return new UsageException("not a verdict: the project has no such item");
  }

  /** What is labelled again because a model is wrong about it is no random sample any more. */
  static void markAgain(Handle handle, long item) {
    handle
        .createUpdate("UPDATE item SET chosen_by = 'again' WHERE id = :id")
        .bind("id", item)
        .execute();
  }

  /** Items on their way into a project, many with one statement. */
  private static final class Adding {

    private final PreparedBatch batch;
    private final Project project;
    private final boolean gold;
    private final List<ItemKind> kinds = new ArrayList<>();
    private final Map<ItemKind, Integer> added = new EnumMap<>(ItemKind.class);
    private int repeated;
    private int identical;
    private int promptless;

    Adding(Handle handle, Project project, boolean gold) {
      this.project = project;
      this.gold = gold;
      batch =
          handle.prepareBatch(
              "INSERT INTO item (project_id, kind, prompt, completions, labelled, source, digest,"
                  + " chosen_by, place, answers, is_open, gold) VALUES (:project, :kind, :prompt,"
                  + " :completions, :labelled, :source, :digest, 'random', :place, 0, :open,"
                  + " :gold)"
                  + " ON CONFLICT (project_id, digest) DO NOTHING");
    }

    void add(NewItem item) {
      if (item.isIdentical()) {
        identical++;
        return;
      }
      if (gold && (item.kind() != ItemKind.COMPARE || !item.labelled())) {
        throw new UsageException(
            item.source() + ": isn't a gold item; one has 'chosen' and 'rejected'");
      }
      String digest = item.digest();
      batch
          .bind("project", project.id())
          .bind("kind", item.kind().written())
          .bind("prompt", item.prompt().toString())
          .bind("completions", item.completions().toString())
          .bind("labelled", item.labelled() ? 1 : 0)
          .bind("source", item.source())
          .bind("digest", digest)
          .bind("place", NewItem.randomPlace(digest))
          .bind("open", gold ? 0 : 1)
          .bind("gold", gold ? FIRST : null)
          .add();
      kinds.add(item.kind());
      if (kinds.size() == BATCH) {
        flush();
      }
    }

    private void flush() {
      if (kinds.isEmpty()) {
        return;
      }
      int[] inserted = batch.execute();
      for (int i = 0; i < inserted.length; i++) {
        if (inserted[i] > 0) {
          added.merge(kinds.get(i), 1, Integer::sum);
        } else {
          repeated++;
        }
      }
      kinds.clear();
    }

    Added end(List<BadRow> bad) {
      flush();
      return new Added(added, repeated, identical, promptless, bad);
    }
  }
}
