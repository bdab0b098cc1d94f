package org.rlhf4j.studio.label;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.studio.store.Store;

/** Who may see which project. One that names nobody is for all. */
public final class ProjectAnnotators {

  private final Store store;

  /** Of a store's projects. */
  public ProjectAnnotators(Store store) {
    this.store = store;
  }

  /** The numbers of the annotators that a project names; none if it is for all. */
  public Set<Long> of(Project project) {
    return store.read(
        handle ->
            new TreeSet<>(
                handle
                    .createQuery(
                        "SELECT annotator_id FROM project_annotator WHERE project_id = :project")
                    .bind("project", project.id())
                    .mapTo(Long.class)
                    .list()));
  }

  /** Whether a project is for all, or names an annotator. */
  public boolean isFor(Project project, long annotator) {
    Set<Long> named = of(project);
    return named.isEmpty() || named.contains(annotator);
  }

  /**
   * Names those whom a project is for.
   *
   * @param project which
   * @param annotators their numbers; none makes it one for all
   * @throws UsageException if there is no annotator of a number
   */
  public void change(Project project, List<Long> annotators) {
    store.change(
        handle -> {
          handle.execute("DELETE FROM project_annotator WHERE project_id = ?", project.id());
          for (long annotator : new TreeSet<>(annotators)) {
            requireKnown(handle, annotator);
            handle.execute(
                "INSERT INTO project_annotator (project_id, annotator_id) VALUES (?, ?)",
                project.id(),
                annotator);
          }
          return null;
        });
  }

  private static void requireKnown(Handle handle, long annotator) {
    boolean known =
        handle
            .createQuery("SELECT id FROM annotator WHERE id = :id")
            .bind("id", annotator)
            .mapTo(Long.class)
            .findOne()
            .isPresent();
    if (!known) {
      throw new UsageException("annotators: nobody has the number " + annotator);
    }
  }
}
