package org.rlhf4j.studio.label;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.store.Store;

/** The projects of a store. */
public final class Projects {

  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._-]{0,63}");
  private static final int MOST_ANNOTATORS = 1_000;

  private static final RowMapper<Project> PROJECT =
      (row, context) ->
          new Project(
              row.getLong("id"),
              row.getString("name"),
              row.getString("guidelines"),
              row.getInt("target"));

  private final Store store;
  private final Clock clock;

  /** The projects of a store. */
  public Projects(Store store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  /** All of them by name. */
  public List<Project> all() {
    return store.read(
        handle -> handle.createQuery("SELECT * FROM project ORDER BY name").map(PROJECT).list());
  }

  /**
   * The project of a name.
   *
   * @throws UserException if there is none, with the names that there are
   */
  public Project named(String name) {
    return find(name)
        .orElseThrow(
            () -> {
              String there = all().stream().map(Project::name).collect(Collectors.joining(", "));
              return new UserException(
                  "there is no project '%s' in %s; %s"
                      .formatted(
                          name,
                          store.address(),
                          there.isEmpty()
                              ? "it has none; make one with 'rlhf studio add'"
                              : "there is " + there));
            });
  }

  /** The project of a name, if there is one. */
  public Optional<Project> find(String name) {
    return store.read(handle -> find(handle, name));
  }

  /** The project of a name, if there is one and it is for an annotator. */
  public Optional<Project> find(String name, long annotator) {
    return store.read(
        handle ->
            handle
                .createQuery(
                    "SELECT * FROM project WHERE name = :name AND (NOT EXISTS (SELECT 1 FROM"
                        + " project_annotator WHERE project_id = project.id) OR EXISTS (SELECT 1"
                        + " FROM project_annotator WHERE project_id = project.id"
                        + " AND annotator_id = :annotator))")
                .bind("name", name)
                .bind("annotator", annotator)
                .map(PROJECT)
                .findOne());
  }

  private static Optional<Project> find(Handle handle, String name) {
    return handle
        .createQuery("SELECT * FROM project WHERE name = :name")
        .bind("name", name)
        .map(PROJECT)
        .findOne();
  }

  /**
   * The project of a name, made if there is none.
   *
   * @throws UsageException if a project can't have this name
   */
  public Project make(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new UsageException(
          "project: '"
              + name
              + "' can't be a name; take up to 64 letters, digits, spaces, dots, - and _");
    }
    return store.change(
        handle -> {
          handle
              .createUpdate(
                  "INSERT INTO project (name, guidelines, target, revision, created)"
                      + " VALUES (:name, '', 1, 0, :now) ON CONFLICT (name) DO NOTHING")
              .bind("name", name)
              .bind("now", clock.millis())
              .execute();
          return find(handle, name).orElseThrow();
        });
  }

  /**
   * Changes what a project asks. With another target, items open and close.
   *
   * @param project which
   * @param guidelines in Markdown
   * @param target annotators of each item, from 1
   * @throws UsageException if the target is out of range
   */
  public Project change(Project project, String guidelines, int target) {
    if (target < 1 || target > MOST_ANNOTATORS) {
      throw new UsageException(
          "target: " + target + " is out of range; give from 1 to " + MOST_ANNOTATORS);
    }
    return store.change(
        handle -> {
          handle
              .createUpdate(
                  "UPDATE project SET guidelines = :guidelines, target = :target,"
                      + " revision = revision + 1 WHERE id = :id")
              .bind("guidelines", guidelines)
              .bind("target", target)
              .bind("id", project.id())
              .execute();
          handle
              .createUpdate("UPDATE item SET is_open = " + Items.OPEN + " WHERE project_id = :id")
              .bind("more", 0)
              .bind("target", target)
              .bind("id", project.id())
              .execute();
          return new Project(project.id(), project.name(), guidelines, target);
        });
  }
}
