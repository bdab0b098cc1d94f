package org.rlhf4j.studio.label;

import java.util.Optional;
import java.util.SplittableRandom;
import org.jdbi.v3.core.Handle;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.studio.store.Store;

/**
 * Gold items: pairs whose right answer is known, to find out how often an annotator gives it. They
 * come among the others, may come to everybody, and look like all others.
 */
public final class Gold {

  /** What a project begins with when it gets its first gold items. */
  public static final double USUAL_SHARE = 0.1;

  private final Store store;

  /** The gold items of a store. */
  public Gold(Store store) {
    this.store = store;
  }

  /** The share of gold items among those that an annotator gets. */
  public double share(Project project) {
    return store.read(handle -> share(handle, project));
  }

  /** How many gold items a project has. */
  public int items(Project project) {
    return store.read(
        handle ->
            handle
                .createQuery(
                    "SELECT COUNT(*) FROM item WHERE project_id = :project AND gold IS NOT NULL")
                .bind("project", project.id())
                .mapTo(Integer.class)
                .one());
  }

  /**
   * Changes the share.
   *
   * @param share from 0, none is shown, up to one half
   * @throws UsageException if it is another
   */
  public void change(Project project, double share) {
    if (!(share >= 0 && share <= 0.5)) {
      throw new UsageException("share: must be from 0 to 0.5");
    }
    store.change(
        handle ->
            handle
                .createUpdate("UPDATE project SET gold_share = :share WHERE id = :id")
                .bind("share", share)
                .bind("id", project.id())
                .execute());
  }

  private static double share(Handle handle, Project project) {
    return handle
        .createQuery("SELECT gold_share FROM project WHERE id = :id")
        .bind("id", project.id())
        .mapTo(Double.class)
        .one();
  }

  /** The gold item that an annotator gets now, if it is time for one and one is left. */
  static Optional<Item> next(Handle handle, Terms terms, long annotator) {
    Project project = terms.project();
    double share = terms.goldShare();
    if (share == 0 || !isDrawn(project, annotator, given(handle, project, annotator), share)) {
      return Optional.empty();
    }
    return handle
        .createQuery("SELECT item.*" + UNSEEN + " ORDER BY place, id LIMIT 1")
        .bind("project", project.id())
        .bind("annotator", annotator)
        .map(Labelling.ITEM)
        .findOne();
  }

  private static final String UNSEEN =
      " FROM item WHERE project_id = :project AND gold IS NOT NULL AND NOT EXISTS"
          + " (SELECT 1 FROM standing WHERE standing.item_id = item.id"
          + " AND standing.annotator_id = :annotator)";

  /** Items of the project about which the annotator has said something that holds. */
  private static int given(Handle handle, Project project, long annotator) {
    return handle
        .createQuery(
            "SELECT COUNT(*) FROM standing JOIN item ON item.id = standing.item_id"
                + " WHERE standing.annotator_id = :annotator AND item.project_id = :project")
        .bind("project", project.id())
        .bind("annotator", annotator)
        .mapTo(Integer.class)
        .one();
  }

  /**
   * Whether an annotator's next item is a gold one: drawn for each place in their own row of items,
   * so that nobody can count them out.
   */
  private static boolean isDrawn(Project project, long annotator, int given, double share) {
    long seed = (project.id() * 31 + annotator) * 0x9E3779B97F4A7C15L + given;
    return new SplittableRandom(seed).nextDouble() < share;
  }

  /**
   * How many gold items an annotator will get among the others, so that what is left goes down by
   * one with each item, whatever it is.
   *
   * @param others that are left
   */
  static int left(Handle handle, Project project, long annotator, int others) {
    double share = share(handle, project);
    if (share == 0 || others == 0) {
      return 0;
    }
    int unseen =
        handle
            .createQuery("SELECT COUNT(*)" + UNSEEN)
            .bind("project", project.id())
            .bind("annotator", annotator)
            .mapTo(Integer.class)
            .one();
    int place = given(handle, project, annotator);
    int gold = 0;
    for (int other = 0; other < others && gold < unseen; place++) {
      if (isDrawn(project, annotator, place, share)) {
        gold++;
      } else {
        other++;
      }
    }
    return gold;
  }
}
