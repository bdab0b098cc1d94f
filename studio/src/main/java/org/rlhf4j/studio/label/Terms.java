package org.rlhf4j.studio.label;

import org.jdbi.v3.core.Handle;

/**
 * What a project asks for, as long as a change in it lasts.
 *
 * @param project which
 * @param target annotators that each item should have
 * @param goldShare of the items that an annotator gets
 */
record Terms(Project project, int target, double goldShare) {

  /** Changes in a project wait for each other from here on, whatever the database is. */
  static Terms lock(Handle handle, Project project) {
    return handle
        .createQuery(
            "UPDATE project SET revision = revision + 1 WHERE id = :id"
                + " RETURNING target, gold_share")
        .bind("id", project.id())
        .map((row, context) -> new Terms(project, row.getInt(1), row.getDouble(2)))
        .one();
  }
}
