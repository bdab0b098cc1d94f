package org.rlhf4j.studio.label;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.rlhf4j.studio.store.Store;

/** The single verdicts on pairs that hold, without edited replies. */
public final class Votes {

  /** What is said of a pair of which both are bad. */
  public static final String BOTH_BAD = "both-bad";

  /** Neither of the two. */
  public static final int NEITHER = -1;

  private static final String TIE = "tie";

  /**
   * A verdict.
   *
   * @param item the item's number
   * @param annotator the annotator's number
   * @param name what the annotator is called
   * @param choice {@code 0}, {@code 1}, {@code tie} or {@code both-bad}
   * @param strength from 1 to 4, 0 without a preference
   * @param left the completion that stood on the left
   * @param longer the longer completion, or {@link #NEITHER}
   * @param seconds since the item was shown
   * @param time when, in milliseconds since 1970
   */
  public record Vote(
      long item,
      long annotator,
      String name,
      String choice,
      int strength,
      int left,
      int longer,
      double seconds,
      long time) {

    /** Whether one of the two is preferred. */
    public boolean isPreference() {
      return strength > 0;
    }

    /** The preferred one, or {@link #NEITHER}. */
    public int better() {
      return isPreference() ? Integer.parseInt(choice) : NEITHER;
    }

    /** Whether what stood on the left is preferred. */
    public boolean isLeft() {
      return better() == left;
    }

    /** A number for each choice. */
    public int category() {
      return choice.equals(TIE) ? 2 : choice.equals(BOTH_BAD) ? 3 : better();
    }

    /** The strength for the first completion, negative for the second, 0 for a tie. */
    public int signedStrength() {
      return better() == 0 ? strength : -strength;
    }
  }

  private Votes() {}

  /** The votes of a project, in the order of the items. */
  public static List<Vote> of(Store store, Project project) {
    return store.read(
        handle ->
            handle
                .createQuery(
                    "SELECT item.completions, verdict.*, annotator.name FROM standing"
                        + " JOIN verdict ON verdict.id = standing.verdict_id"
                        + " JOIN item ON item.id = standing.item_id"
                        + " JOIN annotator ON annotator.id = verdict.annotator_id"
                        + " WHERE item.project_id = :project AND item.kind = 'compare'"
                        + " AND verdict.act = 'answer' ORDER BY item.id, annotator.id")
                .bind("project", project.id())
                .map(
                    (row, context) -> {
                      JsonNode answer = Labelling.json(row.getString("answer"));
                      JsonNode completions = Labelling.json(row.getString("completions"));
                      long annotator = row.getLong("annotator_id");
                      String name = row.getString("name");
                      return new Vote(
                          row.getLong("item_id"),
                          annotator,
                          name == null ? "annotator " + annotator : name,
                          answer.path("better").asText(),
                          answer.path("strength").asInt(),
                          Labelling.json(row.getString("shown")).path(0).asInt(),
                          longer(completions),
                          row.getDouble("seconds"),
                          row.getLong("time"));
                    })
                .list()
                .stream()
                .filter(vote -> !vote.choice().equals("edited"))
                .toList());
  }

  private static int longer(JsonNode completions) {
    int first = completions.path(0).toString().length();
    int second = completions.path(1).toString().length();
    return first == second ? NEITHER : first > second ? 0 : 1;
  }
}
