package org.rlhf4j.studio.label;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Clock;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.store.Store;

/**
 * What reviewers decide about items. It stands in place of what annotators said, and nobody is
 * asked about the item any more. Like verdicts, settlements are never overwritten.
 */
public final class Settlements {

  private static final int LONGEST_REASON = 10_000;

  /** What a reviewer does about an item. */
  public enum Act {
    /** Gives the answer. */
    ANSWER,
    /** Keeps it out of every export of rows. */
    LEAVE_OUT,
    /** Takes the decision back. */
    REOPEN;

    /** As it stands in the store and in JSON. */
    public String written() {
      return this == LEAVE_OUT ? "leave-out" : this == ANSWER ? "answer" : "reopen";
    }

    /** The act of a word, if it is one. */
    public static Optional<Act> of(String written) {
      return Arrays.stream(values()).filter(act -> act.written().equals(written)).findFirst();
    }
  }

  private final Store store;
  private final Clock clock;

  /** The settlements of a store. */
  public Settlements(Store store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /**
   * Settles an item. A settlement whose event is there already is not taken again.
   *
   * @param project that has the item
   * @param reviewer the number of who decides
   * @param event the id that the browser made
   * @param item the item's number
   * @param act what is done
   * @param answer what is right, as annotators say it; else perhaps with a {@code comment}
   * @throws UsageException if it isn't an answer to an item of this project
   */
  public void settle(
      Project project, long reviewer, String event, long item, Act act, JsonNode answer) {
    VerdictEvent.require(event);
    store.change(
        handle -> {
          Terms terms = Terms.lock(handle, project);
          Item found = Items.one(handle, project, item);
          Answer said = act == Act.ANSWER ? Answer.of(found, answer) : Answer.without(answer);
          boolean taken =
              handle
                      .createUpdate(
                          "INSERT INTO settlement (event, item_id, annotator_id, act, answer, time)"
                              + " VALUES (:event, :item, :reviewer, :act, :answer, :time)"
                              + " ON CONFLICT (event) DO NOTHING")
                      .bind("event", event)
                      .bind("item", item)
                      .bind("reviewer", reviewer)
                      .bind("act", act.written())
                      .bind("answer", said.json().toString())
                      .bind("time", clock.millis())
                      .execute()
                  > 0;
          if (taken) {
            close(handle, terms, item, act != Act.REOPEN);
          }
          return null;
        });
  }

  private static void close(Handle handle, Terms terms, long item, boolean settled) {
    handle.execute("UPDATE item SET settled = ? WHERE id = ?", settled ? 1 : 0, item);
    handle
        .createUpdate("UPDATE item SET is_open = " + Items.OPEN + " WHERE id = :id")
        .bind("more", 0)
        .bind("target", terms.target())
        .bind("id", item)
        .execute();
  }

  /**
   * Sends an item to the reviewers, also one that was settled before.
   *
   * @param project that has the item
   * @param annotator who sends it
   * @param item the item's number
   * @param reason why
   * @throws UsageException if the project has no such item, or the reason is too long
   */
  public void refer(Project project, long annotator, long item, String reason) {
    if (reason.length() > LONGEST_REASON) {
      throw new UsageException("reason: is too long");
    }
    store.change(
        handle -> {
          Items.one(handle, project, item);
          return handle
              .createUpdate(
                  "INSERT INTO referral (item_id, annotator_id, reason, settlements, time)"
                      + " VALUES (:item, :annotator, :reason,"
                      + " (SELECT COUNT(*) FROM settlement WHERE item_id = :item), :time)")
              .bind("item", item)
              .bind("annotator", annotator)
              .bind("reason", reason)
              .bind("time", clock.millis())
              .execute();
        });
  }

  /** The items of a project that were sent to reviewers and that nobody has settled since. */
  public static Set<Long> referred(Handle handle, Project project) {
    return new HashSet<>(
        handle
            .createQuery(
                "SELECT referral.item_id FROM referral JOIN item ON item.id = referral.item_id"
                    + " WHERE item.project_id = :project AND referral.settlements ="
                    + " (SELECT COUNT(*) FROM settlement"
                    + " WHERE settlement.item_id = referral.item_id)")
            .bind("project", project.id())
            .mapTo(Long.class)
            .list());
  }

  /** Refuses what would ask for another label of a settled item. */
  static void requireOpen(Handle handle, long item) {
    boolean settled =
        handle
                .createQuery("SELECT settled FROM item WHERE id = :id")
                .bind("id", item)
                .mapTo(Integer.class)
                .one()
            == 1;
    if (settled) {
      throw new UserException("a reviewer has settled this item; send it to the reviewers");
    }
  }
}
