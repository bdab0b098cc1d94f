package org.rlhf4j.studio.label;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.store.Store;

/**
 * Who gets which item, and what they say about it. An item is lent to an annotator for some
 * minutes; if no verdict comes it is free again. It never has answers of more annotators than its
 * project wants. What was said is never overwritten: to undo is another verdict.
 */
public final class Labelling {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** An item that is answered by as many annotators as its project wants. */
  public static final class EnoughException extends UserException {

    private static final long serialVersionUID = 1L;

    EnoughException() {
      super("others have answered this item meanwhile, so your answer wasn't needed");
    }
  }

  /** What an annotator does about an item. */
  public enum Act {
    /** Says what was asked. */
    ANSWER,
    /** Leaves it to others. */
    SKIP,
    /** Says that something is wrong with it. */
    FLAG;

    private String written() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * An item that an annotator has before them.
   *
   * @param item the item
   * @param shown the numbers of its completions, from left to right or from top to bottom
   */
  public record Task(Item item, List<Integer> shown) {}

  /**
   * A verdict as a page sends it.
   *
   * @param event its id, made in the browser; a verdict that is sent again changes nothing
   * @param item the item's number
   * @param act what is done
   * @param answer what is said
   * @param seconds since the item was shown
   */
  public record Given(String event, long item, Act act, JsonNode answer, double seconds) {}

  /** An item of a row that has its id, kind, prompt and completions. */
  public static final RowMapper<Item> ITEM =
      (row, context) ->
          new Item(
              row.getLong("id"),
              ItemKind.of(row.getString("kind")),
              json(row.getString("prompt")),
              json(row.getString("completions")));

  private final Store store;
  private final Clock clock;
  private final Leases leases;

  /** The labelling of a store. */
  public Labelling(Store store, Clock clock) {
    this.store = store;
    this.clock = clock;
    leases = new Leases(clock);
  }

  /** What stands in the store as JSON. */
  public static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Lends an annotator an item: the one that they have already, else now and then a gold one, else
   * the first in the project's order that wants one more annotator and has nothing of this one.
   *
   * @return the item; empty if nothing is left
   */
  public Optional<Task> next(Project project, long annotator) {
    return store.change(
        handle -> {
          lock(handle, project);
          return lend(handle, project, annotator);
        });
  }

  /** Changes in a project wait for each other, whatever the database is. */
  static void lock(Handle handle, Project project) {
    handle
        .createUpdate("UPDATE project SET revision = revision + 1 WHERE id = :id")
        .bind("id", project.id())
        .execute();
  }

  private Optional<Task> lend(Handle handle, Project project, long annotator) {
    Optional<Item> item =
        leases
            .held(handle, project, annotator)
            .or(
                () ->
                    leases
                        .free(handle, project, annotator, target(handle, project))
                        .map(free -> Gold.next(handle, project, annotator).orElse(free)));
    item.ifPresent(found -> leases.lend(handle, found.id(), annotator));
    return item.map(found -> task(found, annotator));
  }

  static int target(Handle handle, Project project) {
    return handle
        .createQuery("SELECT target FROM project WHERE id = :id")
        .bind("id", project.id())
        .mapTo(Integer.class)
        .one();
  }

  /**
   * The sides are drawn for each annotator and item, and are the same when the page is reloaded.
   */
  private static Task task(Item item, long annotator) {
    List<Integer> shown =
        new ArrayList<>(IntStream.range(0, item.completions().size()).boxed().toList());
    Collections.shuffle(shown, new Random(item.id() * 0x9E3779B97F4A7C15L + annotator));
    return new Task(item, shown);
  }

  /**
   * Takes a verdict and lends the next item. A verdict whose event is there already is not taken
   * again.
   *
   * @throws UsageException if it isn't a verdict on an item of this project
   * @throws EnoughException if the item has as many answers as its project wants
   */
  public Optional<Task> take(Project project, long annotator, Given given) {
    VerdictEvent.require(given.event());
    return store.change(
        handle -> {
          lock(handle, project);
          if (!VerdictEvent.isKnown(handle, given.event())) {
            record(handle, project, annotator, given, List.of());
          }
          return lend(handle, project, annotator);
        });
  }

  /**
   * Takes a verdict on an item that comes into the project with it, as in a dialogue with a model.
   *
   * @param item the item, its completions as they stood on the page
   * @param given the verdict; its item's number isn't looked at
   */
  public void take(Project project, long annotator, NewItem item, Given given) {
    VerdictEvent.require(given.event());
    store.change(
        handle -> {
          lock(handle, project);
          if (!VerdictEvent.isKnown(handle, given.event())) {
            long id = Items.put(handle, project, item);
            // The store may have the item already, with its two replies the other way round.
            boolean turned = !item(handle, project, id).completions().equals(item.completions());
            JsonNode answer = turned ? Answer.turned(given.answer()) : given.answer();
            record(
                handle,
                project,
                annotator,
                new Given(given.event(), id, given.act(), answer, given.seconds()),
                turned
                    ? List.of(1, 0)
                    : IntStream.range(0, item.completions().size()).boxed().toList());
          }
          return null;
        });
  }

  private void record(
      Handle handle, Project project, long annotator, Given given, List<Integer> shown) {
    Item item = item(handle, project, given.item());
    Answer answer =
        given.act() == Act.ANSWER
            ? Answer.of(item, given.answer())
            : Answer.without(given.answer());
    boolean answered = "answer".equals(standing(handle, item.id(), annotator).orElse(""));
    int more = (given.act() == Act.ANSWER ? 1 : 0) - (answered ? 1 : 0);
    if (more > 0) {
      requireWanted(handle, project, item);
    }
    long verdict =
        insert(
            handle,
            annotator,
            item,
            new Line(
                given.event(),
                given.act().written(),
                answer.json().toString(),
                shown.isEmpty() ? task(item, annotator).shown() : shown,
                given.seconds(),
                null));
    handle
        .createUpdate(
            "INSERT INTO standing (item_id, annotator_id, verdict_id)"
                + " VALUES (:item, :annotator, :verdict)"
                + " ON CONFLICT (item_id, annotator_id) DO UPDATE SET verdict_id = excluded.verdict_id")
        .bind("item", item.id())
        .bind("annotator", annotator)
        .bind("verdict", verdict)
        .execute();
    count(handle, project, item, more);
    Leases.end(handle, item.id(), annotator);
  }

  static Item item(Handle handle, Project project, long id) {
    return handle
        .createQuery("SELECT * FROM item WHERE id = :id AND project_id = :project")
        .bind("id", id)
        .bind("project", project.id())
        .map(ITEM)
        .findOne()
        .orElseThrow(() -> new UsageException("not a verdict: the project has no such item"));
  }

  /** What the annotator's verdict that holds does, if there is one. */
  private static Optional<String> standing(Handle handle, long item, long annotator) {
    return handle
        .createQuery(
            "SELECT act FROM standing JOIN verdict ON verdict.id = standing.verdict_id"
                + " WHERE standing.item_id = :item AND standing.annotator_id = :annotator")
        .bind("item", item)
        .bind("annotator", annotator)
        .mapTo(String.class)
        .findOne();
  }

  private static void requireWanted(Handle handle, Project project, Item item) {
    boolean wanted =
        handle
            .createQuery(
                "SELECT 1 FROM item WHERE id = :id AND (gold IS NOT NULL"
                    + " OR (answers < :target AND settled = 0))")
            .bind("id", item.id())
            .bind("target", target(handle, project))
            .mapTo(Integer.class)
            .findOne()
            .isPresent();
    if (!wanted) {
      throw new EnoughException();
    }
  }

  private record Line(
      String event, String act, String answer, List<Integer> shown, double seconds, Long undoes) {}

  private long insert(Handle handle, long annotator, Item item, Line line) {
    return handle
        .createUpdate(
            "INSERT INTO verdict (event, item_id, annotator_id, act, answer, shown, seconds, time,"
                + " undoes) VALUES (:event, :item, :annotator, :act, :answer, :shown, :seconds,"
                + " :time, :undoes)")
        .bind("event", line.event())
        .bind("item", item.id())
        .bind("annotator", annotator)
        .bind("act", line.act())
        .bind("answer", line.answer())
        .bind("shown", line.shown().toString().replace(" ", ""))
        .bind("seconds", Math.max(0, Math.min(86_400, line.seconds())))
        .bind("time", clock.millis())
        .bind("undoes", line.undoes())
        .executeAndReturnGeneratedKeys("id")
        .mapTo(Long.class)
        .one();
  }

  private static void count(Handle handle, Project project, Item item, int more) {
    handle
        .createUpdate(
            "UPDATE item SET answers = answers + :more, is_open = "
                + Items.OPEN
                + " WHERE id = :id")
        .bind("more", more)
        .bind("target", target(handle, project))
        .bind("id", item.id())
        .execute();
  }

  /**
   * Takes back the annotator's last verdict in a project that still holds, and lends them its item.
   *
   * @param event the id of this undoing, made in the browser
   * @return the item that is before them now; empty if nothing was said and nothing is left
   */
  public Optional<Task> undo(Project project, long annotator, String event) {
    VerdictEvent.require(event);
    return store.change(
        handle -> {
          lock(handle, project);
          if (!VerdictEvent.isKnown(handle, event)) {
            last(handle, project, annotator)
                .ifPresent(item -> takeBack(handle, project, annotator, item, event));
          }
          return lend(handle, project, annotator);
        });
  }

  /**
   * Takes back the annotator's verdict on an item, if one holds, and lends them the item.
   *
   * @param event the id of this, made in the browser
   * @throws EnoughException if others have given all answers that the item wants
   */
  public void again(Project project, long annotator, long item, String event) {
    VerdictEvent.require(event);
    store.change(
        handle -> {
          lock(handle, project);
          Item asked = item(handle, project, item);
          if (VerdictEvent.isKnown(handle, event)) {
            return null;
          }
          Settlements.requireOpen(handle, item);
          Items.markAgain(handle, item);
          if (standing(handle, item, annotator).isPresent()) {
            takeBack(handle, project, annotator, asked, event);
          } else {
            requireWanted(handle, project, asked);
            leases.lend(handle, item, annotator);
          }
          return null;
        });
  }

  private static Optional<Item> last(Handle handle, Project project, long annotator) {
    return handle
        .createQuery(
            "SELECT item.* FROM standing JOIN item ON item.id = standing.item_id"
                + " WHERE standing.annotator_id = :annotator AND item.project_id = :project"
                + " ORDER BY standing.verdict_id DESC LIMIT 1")
        .bind("annotator", annotator)
        .bind("project", project.id())
        .map(ITEM)
        .findOne();
  }

  private void takeBack(Handle handle, Project project, long annotator, Item item, String event) {
    int answered = "answer".equals(standing(handle, item.id(), annotator).orElse("")) ? 1 : 0;
    long undone =
        handle
            .createQuery(
                "DELETE FROM standing WHERE item_id = :item AND annotator_id = :annotator"
                    + " RETURNING verdict_id")
            .bind("item", item.id())
            .bind("annotator", annotator)
            .mapTo(Long.class)
            .one();
    insert(handle, annotator, item, new Line(event, "undo", "{}", List.of(), 0, undone));
    count(handle, project, item, -answered);
    Leases.end(handle, project, annotator);
    leases.lend(handle, item.id(), annotator);
  }

  /** How far an annotator and their project are. */
  public Progress progress(Project project, long annotator) {
    return store.read(handle -> Progress.of(handle, project, annotator));
  }
}
