package org.rlhf4j.studio.label;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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

  /** A verdict that wasn't taken, and that nobody did wrong with. */
  public static final class NotNeededException extends UserException {

    private static final long serialVersionUID = 1L;

    private NotNeededException(String message) {
      super(message);
    }

    static NotNeededException enough() {
      return new NotNeededException(
          "others have answered this item meanwhile, so your answer wasn't needed");
    }

    static NotNeededException notLent() {
      return new NotNeededException(
          "this item isn't before you any more, so your answer wasn't taken");
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

    String written() {
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
  private final Leases leases;
  private final Verdicts verdicts;

  /** The labelling of a store. */
  public Labelling(Store store, Clock clock) {
    this.store = store;
    leases = new Leases(clock);
    verdicts = new Verdicts(clock);
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
          Terms terms = Terms.lock(handle, project);
          return lend(handle, terms, annotator);
        });
  }

  private Optional<Task> lend(Handle handle, Terms terms, long annotator) {
    Optional<Item> item =
        leases
            .next(handle, terms, annotator)
            .map(
                next ->
                    next.isHeld()
                        ? next.item()
                        : Gold.next(handle, terms, annotator).orElse(next.item()));
    item.ifPresent(found -> leases.lend(handle, found.id(), annotator));
    return item.map(found -> new Task(found, Verdicts.sides(found, annotator)));
  }

  /**
   * Takes a verdict and lends the next item. A verdict whose event is there already is not taken
   * again.
   *
   * @throws UsageException if it isn't a verdict on an item of this project
   * @throws NotNeededException if the item has as many answers as its project wants, or wasn't lent
   *     to the annotator
   */
  public Optional<Task> take(Project project, long annotator, Given given) {
    VerdictEvent.require(given.event());
    return store.change(
        handle -> {
          Terms terms = Terms.lock(handle, project);
          verdicts.record(handle, terms, annotator, given, List.of());
          return lend(handle, terms, annotator);
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
          Terms terms = Terms.lock(handle, project);
          if (!VerdictEvent.isKnown(handle, given.event())) {
            long id = Items.put(handle, project, item);
            leases.lend(handle, id, annotator);
            // The store may have the item already, with its two replies the other way round.
            boolean turned =
                !Items.one(handle, project, id).completions().equals(item.completions());
            JsonNode answer = turned ? Answer.turned(given.answer()) : given.answer();
            verdicts.record(
                handle,
                terms,
                annotator,
                new Given(given.event(), id, given.act(), answer, given.seconds()),
                turned
                    ? List.of(1, 0)
                    : IntStream.range(0, item.completions().size()).boxed().toList());
          }
          return null;
        });
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
          Terms terms = Terms.lock(handle, project);
          if (!VerdictEvent.isKnown(handle, event)) {
            Verdicts.last(handle, project, annotator)
                .ifPresent(item -> takeBack(handle, terms, annotator, item, event));
          }
          return lend(handle, terms, annotator);
        });
  }

  /**
   * Takes back the annotator's verdict on an item, if one holds, and lends them the item.
   *
   * @param event the id of this, made in the browser
   * @throws NotNeededException if others have given all answers that the item wants
   */
  public void again(Project project, long annotator, long item, String event) {
    VerdictEvent.require(event);
    store.change(
        handle -> {
          Terms terms = Terms.lock(handle, project);
          Verdicts.Asked asked = Verdicts.asked(handle, terms, annotator, item, event);
          if (asked.isKnown()) {
            return null;
          }
          Settlements.requireOpen(handle, item);
          Items.markAgain(handle, item);
          if (asked.standing().isPresent()) {
            takeBack(handle, terms, annotator, item, event);
          } else {
            asked.requireWanted();
            leases.lend(handle, item, annotator);
          }
          return null;
        });
  }

  private void takeBack(Handle handle, Terms terms, long annotator, long item, String event) {
    verdicts.takeBack(handle, terms, annotator, item, event);
    Leases.end(handle, terms.project(), annotator);
    leases.lend(handle, item, annotator);
  }

  /** How far an annotator and their project are. */
  public Progress progress(Project project, long annotator) {
    return store.read(handle -> Progress.of(handle, project, annotator));
  }
}
