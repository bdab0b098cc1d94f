package org.rlhf4j.studio.review;

import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.rlhf4j.studio.label.Item;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;

/**
 * The items of a project that a reviewer is to settle.
 *
 * @param waiting how many there are
 * @param items the first of them
 */
public record ReviewQueue(int waiting, List<ReviewItem> items) {

  /** Of referrals that no settlement has followed. */
  private static final String WAITS =
      "referral.settlements = (SELECT COUNT(*) FROM settlement"
          + " WHERE settlement.item_id = referral.item_id)";

  private static final String SELECT =
      "SELECT item.id, item.kind, item.prompt, item.completions, annotator.id AS annotator,"
          + " annotator.name, ";

  private static final String OF_PROJECT =
      " WHERE item.project_id = :project AND item.gold IS NULL AND ";

  /** A line for each referral, and for each answer and flag about an item that isn't settled. */
  private static final String LINES =
      SELECT
          + "'referral' AS act, referral.reason AS words FROM referral"
          + " JOIN annotator ON annotator.id = referral.annotator_id"
          + " JOIN item ON item.id = referral.item_id"
          + OF_PROJECT
          + WAITS
          + " UNION ALL "
          + SELECT
          + "verdict.act, verdict.answer AS words FROM standing"
          + " JOIN verdict ON verdict.id = standing.verdict_id"
          + " JOIN annotator ON annotator.id = standing.annotator_id"
          + " JOIN item ON item.id = standing.item_id"
          + OF_PROJECT
          + "verdict.act <> 'skip' AND (item.settled = 0 OR EXISTS"
          + " (SELECT 1 FROM referral WHERE referral.item_id = item.id AND "
          + WAITS
          + ")) ORDER BY 1, 5";

  private record Line(Item item, long annotator, String name, String act, String words) {

    void addTo(ReviewItem review) {
      switch (act) {
        case "referral" -> review.referrals().add(new ReviewItem.Remark(annotator, name, words));
        case "flag" ->
            review
                .flags()
                .add(
                    new ReviewItem.Remark(
                        annotator, name, Labelling.json(words).path("comment").asText()));
        default ->
            review.answers().add(new ReviewItem.Opinion(annotator, name, Labelling.json(words)));
      }
    }
  }

  /**
   * Looks for them.
   *
   * @param store where the project is
   * @param project which
   * @param most so many items are listed
   */
  public static ReviewQueue of(Store store, Project project, int most) {
    return store.read(
        handle -> {
          Collecting collecting = new Collecting(most);
          try (Stream<Line> lines = lines(handle, project)) {
            ReviewItem review = null;
            for (Iterator<Line> all = lines.iterator(); all.hasNext(); ) {
              Line line = all.next();
              if (review == null || review.item().id() != line.item().id()) {
                collecting.add(review);
                review = ReviewItem.of(line.item());
              }
              line.addTo(review);
            }
            collecting.add(review);
          }
          return collecting.end();
        });
  }

  private static Stream<Line> lines(Handle handle, Project project) {
    return handle
        .createQuery(LINES)
        .bind("project", project.id())
        .map(
            (row, context) ->
                new Line(
                    Labelling.ITEM.map(row, context),
                    row.getLong("annotator"),
                    row.getString("name"),
                    row.getString("act"),
                    row.getString("words")))
        .stream();
  }

  /** Keeps the first ones of all that it is given. */
  private static final class Collecting {

    private final int most;
    private final PriorityQueue<ReviewItem> kept = new PriorityQueue<>(ReviewItem.ORDER.reversed());
    private int waiting;

    Collecting(int most) {
      this.most = most;
    }

    void add(ReviewItem review) {
      ReviewItem measured = review == null ? null : review.measured();
      if (measured == null || !measured.isWanted()) {
        return;
      }
      waiting++;
      kept.add(measured);
      if (kept.size() > most) {
        kept.poll();
      }
    }

    ReviewQueue end() {
      return new ReviewQueue(waiting, kept.stream().sorted(ReviewItem.ORDER).toList());
    }
  }
}
