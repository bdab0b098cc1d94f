package org.rlhf4j.studio.label;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.jdbi.v3.core.Handle;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.studio.label.Labelling.Act;
import org.rlhf4j.studio.label.Labelling.Given;
import org.rlhf4j.studio.label.Labelling.NotNeededException;

/**
 * What is written of a verdict: the verdict, which one of its annotator stands, and how many
 * answers the item has. All of it belongs into one change of the project.
 */
final class Verdicts {

  private final Clock clock;

  Verdicts(Clock clock) {
    this.clock = clock;
  }

  /**
   * An item that an annotator says something about.
   *
   * @param item the item
   * @param isWanted whether it wants another answer
   * @param standing what the annotator's verdict does that holds; empty if none does
   * @param isKnown whether the store has what is said already
   * @param isLent whether the annotator was lent the item, also if that has run out
   */
  record Asked(
      Item item, boolean isWanted, Optional<String> standing, boolean isKnown, boolean isLent) {

    private int answers() {
      return standing.filter("answer"::equals).isPresent() ? 1 : 0;
    }

    void requireWanted() {
      if (!isWanted) {
        throw NotNeededException.enough();
      }
    }
  }

  /**
   * The item of a number, as it is for an annotator.
   *
   * @param event the id of what is said about it
   * @throws UsageException if the project doesn't have it
   */
  static Asked asked(Handle handle, Terms terms, long annotator, long item, String event) {
    return handle
        .createQuery(
            "SELECT item.*, CASE WHEN gold IS NOT NULL OR (answers < :target AND settled = 0)"
                + " THEN 1 ELSE 0 END AS wanted, verdict.act AS standing,"
                + " (SELECT COUNT(*) FROM verdict AS known WHERE known.event = :event) AS known,"
                + " (SELECT COUNT(*) FROM lease WHERE lease.item_id = item.id"
                + " AND lease.annotator_id = :annotator) AS lent"
                + " FROM item"
                + " LEFT JOIN standing ON standing.item_id = item.id"
                + " AND standing.annotator_id = :annotator"
                + " LEFT JOIN verdict ON verdict.id = standing.verdict_id"
                + " WHERE item.id = :id AND item.project_id = :project")
        .bind("target", terms.target())
        .bind("annotator", annotator)
        .bind("event", event)
        .bind("id", item)
        .bind("project", terms.project().id())
        .map(
            (row, context) ->
                new Asked(
                    Labelling.ITEM.map(row, context),
                    row.getInt("wanted") == 1,
                    Optional.ofNullable(row.getString("standing")),
                    row.getInt("known") > 0,
                    row.getInt("lent") > 0))
        .findOne()
        .orElseThrow(Items::unknown);
  }

  /**
   * The sides are drawn for each annotator and item, and are the same when the page is reloaded.
   */
  static List<Integer> sides(Item item, long annotator) {
    List<Integer> shown =
        new ArrayList<>(IntStream.range(0, item.completions().size()).boxed().toList());
    Collections.shuffle(shown, new Random(item.id() * 0x9E3779B97F4A7C15L + annotator));
    return shown;
  }

  /**
   * Keeps a verdict, unless the store has it already.
   *
   * @param shown the numbers of the completions from left to right; none if they were drawn
   * @throws NotNeededException if the item has as many answers as its project wants, or wasn't lent
   *     to the annotator: nobody picks items, and an answer changes only after it was taken back
   */
  void record(Handle handle, Terms terms, long annotator, Given given, List<Integer> shown) {
    Asked asked = asked(handle, terms, annotator, given.item(), given.event());
    if (asked.isKnown()) {
      return;
    }
    if (!asked.isLent()) {
      throw NotNeededException.notLent();
    }
    Item item = asked.item();
    Answer answer =
        given.act() == Act.ANSWER
            ? Answer.of(item, given.answer())
            : Answer.without(given.answer());
    int more = (given.act() == Act.ANSWER ? 1 : 0) - asked.answers();
    if (more > 0) {
      asked.requireWanted();
    }
    long verdict =
        insert(
            handle,
            annotator,
            item.id(),
            new Line(
                given.event(),
                given.act().written(),
                answer.json().toString(),
                shown.isEmpty() ? sides(item, annotator) : shown,
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
    count(handle, terms, item.id(), more);
    Leases.end(handle, item.id(), annotator);
  }

  private record Line(
      String event, String act, String answer, List<Integer> shown, double seconds, Long undoes) {}

  private long insert(Handle handle, long annotator, long item, Line line) {
    return handle
        .createUpdate(
            "INSERT INTO verdict (event, item_id, annotator_id, act, answer, shown, seconds, time,"
                + " undoes) VALUES (:event, :item, :annotator, :act, :answer, :shown, :seconds,"
                + " :time, :undoes)")
        .bind("event", line.event())
        .bind("item", item)
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

  private static void count(Handle handle, Terms terms, long item, int more) {
    if (more == 0) {
      return;
    }
    handle
        .createUpdate(
            "UPDATE item SET answers = answers + :more, is_open = "
                + Items.OPEN
                + " WHERE id = :id")
        .bind("more", more)
        .bind("target", terms.target())
        .bind("id", item)
        .execute();
  }

  /** The item of the annotator's last verdict in a project that holds. */
  static Optional<Long> last(Handle handle, Project project, long annotator) {
    return handle
        .createQuery(
            "SELECT item.id FROM standing JOIN item ON item.id = standing.item_id"
                + " WHERE standing.annotator_id = :annotator AND item.project_id = :project"
                + " ORDER BY standing.verdict_id DESC LIMIT 1")
        .bind("annotator", annotator)
        .bind("project", project.id())
        .mapTo(Long.class)
        .findOne();
  }

  /**
   * Takes back the annotator's verdict on an item, which holds.
   *
   * @param event the id of this undoing
   */
  void takeBack(Handle handle, Terms terms, long annotator, long item, String event) {
    Asked asked = asked(handle, terms, annotator, item, event);
    long undone =
        handle
            .createQuery(
                "DELETE FROM standing WHERE item_id = :item AND annotator_id = :annotator"
                    + " RETURNING verdict_id")
            .bind("item", item)
            .bind("annotator", annotator)
            .mapTo(Long.class)
            .one();
    insert(handle, annotator, item, new Line(event, "undo", "{}", List.of(), 0, undone));
    count(handle, terms, item, -asked.answers());
  }
}
