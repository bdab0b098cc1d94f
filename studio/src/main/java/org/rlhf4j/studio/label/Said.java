package org.rlhf4j.studio.label;

import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * An answer that counts.
 *
 * @param item about what
 * @param answer what is said
 */
record Said(Item item, Answer answer) {

  private static final String ITEM = "SELECT item.id, item.kind, item.prompt, item.completions, ";

  /**
   * The answers that count in a project, those of an item one after the other: of a settled item
   * what the reviewer said, else what the annotators say. Gold items have none.
   */
  static Stream<Said> of(Handle handle, Project project) {
    return handle
        .createQuery(
            ITEM
                + "verdict.answer, verdict.id AS place"
                + " FROM standing JOIN verdict ON verdict.id = standing.verdict_id"
                + " JOIN item ON item.id = standing.item_id"
                + " WHERE item.project_id = :project AND verdict.act = 'answer'"
                + " AND item.settled = 0 AND item.gold IS NULL UNION ALL "
                + ITEM
                + "settlement.answer, settlement.id AS place FROM item"
                + " JOIN settlement ON settlement.id ="
                + " (SELECT MAX(id) FROM settlement WHERE item_id = item.id)"
                + " WHERE item.project_id = :project AND item.settled = 1"
                + " AND item.gold IS NULL AND settlement.act = 'answer' ORDER BY 1, 6")
        .bind("project", project.id())
        .map(
            (row, context) ->
                new Said(
                    Labelling.ITEM.map(row, context),
                    new Answer(Labelling.json(row.getString("answer")))))
        .stream();
  }

  /** How many items a reviewer has left out. */
  static int leftOut(Handle handle, Project project) {
    return count(
        handle,
        project,
        "settled = 1 AND gold IS NULL AND 'leave-out' = (SELECT act FROM settlement"
            + " WHERE item_id = item.id ORDER BY settlement.id DESC LIMIT 1)");
  }

  /** How many gold items there are with an answer. */
  static int gold(Handle handle, Project project) {
    return count(handle, project, "gold IS NOT NULL AND answers > 0");
  }

  private static int count(Handle handle, Project project, String which) {
    return handle
        .createQuery("SELECT COUNT(*) FROM item WHERE project_id = :project AND " + which)
        .bind("project", project.id())
        .mapTo(Integer.class)
        .one();
  }
}
