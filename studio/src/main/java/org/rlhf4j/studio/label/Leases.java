package org.rlhf4j.studio.label;

import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Which items are lent to whom. A lease that has run out counts for nothing. */
final class Leases {

  /** How long an item is lent. */
  static final Duration TIME = Duration.ofMinutes(10);

  private final Clock clock;

  Leases(Clock clock) {
    this.clock = clock;
  }

  /**
   * An item for an annotator.
   *
   * @param item the item
   * @param isHeld whether they have it already
   */
  record Next(Item item, boolean isHeld) {}

  /** The item that an annotator has already, the one lent last first. */
  private static final String HELD =
      "SELECT * FROM (SELECT 1 AS held, item.id, item.kind, item.prompt, item.completions"
          + " FROM lease JOIN item ON item.id = lease.item_id"
          + " WHERE lease.annotator_id = :annotator AND lease.expires > :now"
          + " AND item.project_id = :project AND (item.is_open = 1 OR item.gold IS NOT NULL)"
          + " ORDER BY lease.expires DESC LIMIT 1) AS one";

  /** The first item that wants one more annotator and has nothing of this one. */
  private static final String FREE =
      "SELECT * FROM (SELECT 0 AS held, item.id, item.kind, item.prompt, item.completions"
          + " FROM item WHERE project_id = :project AND is_open = 1"
          + " AND NOT EXISTS (SELECT 1 FROM standing WHERE standing.item_id = item.id"
          + " AND standing.annotator_id = :annotator)"
          + " AND answers + (SELECT COUNT(*) FROM lease WHERE lease.item_id = item.id"
          + " AND lease.expires > :now AND lease.annotator_id <> :annotator) < :target"
          + " ORDER BY place, id LIMIT 1) AS other";

  /** The item that an annotator has already, else the first that is free for them. */
  Optional<Next> next(Handle handle, Terms terms, long annotator) {
    return handle
        .createQuery(HELD + " UNION ALL " + FREE + " ORDER BY held DESC")
        .bind("project", terms.project().id())
        .bind("annotator", annotator)
        .bind("now", clock.millis())
        .bind("target", terms.target())
        .map((row, context) -> new Next(Labelling.ITEM.map(row, context), row.getInt("held") == 1))
        .findFirst();
  }

  /** Lends an item, or lends it on. */
  void lend(Handle handle, long item, long annotator) {
    handle
        .createUpdate(
            "INSERT INTO lease (item_id, annotator_id, expires) VALUES (:item, :annotator, :until)"
                + " ON CONFLICT (item_id, annotator_id) DO UPDATE SET expires = excluded.expires")
        .bind("item", item)
        .bind("annotator", annotator)
        .bind("until", clock.millis() + TIME.toMillis())
        .execute();
  }

  /** Ends the lease of an item. */
  static void end(Handle handle, long item, long annotator) {
    handle
        .createUpdate("DELETE FROM lease WHERE item_id = :item AND annotator_id = :annotator")
        .bind("item", item)
        .bind("annotator", annotator)
        .execute();
  }

  /** Ends all leases of an annotator in a project. */
  static void end(Handle handle, Project project, long annotator) {
    handle
        .createUpdate(
            "DELETE FROM lease WHERE annotator_id = :annotator AND item_id IN"
                + " (SELECT id FROM item WHERE project_id = :project)")
        .bind("annotator", annotator)
        .bind("project", project.id())
        .execute();
  }
}
