package org.rlhf4j.studio.label;

import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * How far an annotator and their project are.
 *
 * @param answered by this annotator
 * @param put aside by this annotator: skipped and flagged
 * @param left that this annotator could still answer
 * @param items of the project, without gold ones
 * @param open that want more answers
 * @param pace median seconds of this annotator's last answers, 0 where there are none
 */
public record Progress(int answered, int put, int left, int items, int open, double pace) {

  private static final String ITEMS =
      "SELECT COUNT(*) FROM item WHERE project_id = :project AND gold IS NULL";

  private static final String MINE =
      "SELECT COUNT(*) FROM standing JOIN verdict ON verdict.id = standing.verdict_id"
          + " JOIN item ON item.id = standing.item_id WHERE item.project_id = :project"
          + " AND standing.annotator_id = :annotator";

  private static final String UNSEEN =
      " AND is_open = 1 AND NOT EXISTS (SELECT 1 FROM standing WHERE standing.item_id = item.id"
          + " AND standing.annotator_id = :annotator)";

  static Progress of(Handle handle, Project project, long annotator) {
    int others = count(handle, ITEMS + UNSEEN, project, annotator);
    return new Progress(
        count(handle, MINE + " AND act = 'answer'", project, annotator),
        count(handle, MINE + " AND act <> 'answer'", project, annotator),
        others + Gold.left(handle, project, annotator, others),
        count(handle, ITEMS, project, annotator),
        count(handle, ITEMS + " AND is_open = 1", project, annotator),
        pace(handle, project, annotator));
  }

  private static int count(Handle handle, String query, Project project, long annotator) {
    return handle
        .createQuery(query)
        .bind("project", project.id())
        .bind("annotator", annotator)
        .mapTo(Integer.class)
        .one();
  }

  private static double pace(Handle handle, Project project, long annotator) {
    List<Double> seconds =
        handle
            .createQuery(
                "SELECT seconds FROM verdict JOIN item ON item.id = verdict.item_id"
                    + " WHERE annotator_id = :annotator AND act = 'answer'"
                    + " AND item.project_id = :project ORDER BY verdict.id DESC LIMIT 25")
            .bind("annotator", annotator)
            .bind("project", project.id())
            .mapTo(Double.class)
            .list();
    List<Double> sorted = seconds.stream().sorted().toList();
    return sorted.isEmpty() ? 0 : sorted.get(sorted.size() / 2);
  }
}
