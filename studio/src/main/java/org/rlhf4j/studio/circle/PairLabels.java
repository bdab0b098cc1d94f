package org.rlhf4j.studio.circle;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Project;

/**
 * The standing preferences of a project, pair by pair. Gold items aren't among them.
 *
 * @param labels of each two completions of which one is better; of a ranking every such pair
 * @param ties pairs of which nobody is better, or both are bad
 * @param edited edited replies, which no item has and no model scores
 */
record PairLabels(List<PairLabel> labels, int ties, int edited) {

  private record Answered(long item, long annotator, String name, String chosenBy, JsonNode said) {}

  private static final String STANDING =
      "SELECT standing.item_id, verdict.annotator_id, verdict.answer, item.chosen_by FROM standing"
          + " JOIN verdict ON verdict.id = standing.verdict_id"
          + " JOIN item ON item.id = standing.item_id"
          + " WHERE verdict.act = 'answer' AND item.settled = 0";

  /**
   * What a reviewer decided stands in place of all that was said before; it is no random sample.
   */
  private static final String SETTLED =
      "SELECT settlement.item_id, settlement.annotator_id, settlement.answer,"
          + " 'review' AS chosen_by FROM settlement"
          + " JOIN item ON item.id = settlement.item_id"
          + " WHERE settlement.act = 'answer' AND item.settled = 1 AND settlement.id ="
          + " (SELECT MAX(last.id) FROM settlement last WHERE last.item_id = item.id)";

  static PairLabels of(Handle handle, Project project) {
    List<PairLabel> labels = new ArrayList<>();
    int ties = 0;
    int edited = 0;
    for (Answered answered : answers(handle, project)) {
      JsonNode better = answered.said().path("better");
      if (answered.said().has("order")) {
        addRanking(labels, answered);
      } else if (better.isInt()) {
        int strength = answered.said().path("strength").asInt();
        labels.add(label(answered, better.intValue(), 1 - better.intValue(), strength));
      } else if (better.asText().equals("edited")) {
        edited++;
      } else {
        ties++;
      }
    }
    return new PairLabels(labels, ties, edited);
  }

  private static List<Answered> answers(Handle handle, Project project) {
    return handle
        .createQuery(
            "SELECT item.id, said.chosen_by, said.annotator_id, said.answer, annotator.name FROM ("
                + STANDING
                + " UNION ALL "
                + SETTLED
                + ") said JOIN item ON item.id = said.item_id"
                + " JOIN annotator ON annotator.id = said.annotator_id"
                + " WHERE item.project_id = :project AND item.kind IN ('compare', 'rank')"
                + " AND item.gold IS NULL ORDER BY item.id, annotator.id")
        .bind("project", project.id())
        .map(
            (row, context) -> {
              long annotator = row.getLong("annotator_id");
              String name = row.getString("name");
              return new Answered(
                  row.getLong("id"),
                  annotator,
                  name == null ? "annotator " + annotator : name,
                  row.getString("chosen_by"),
                  Labelling.json(row.getString("answer")));
            })
        .list();
  }

  private static void addRanking(List<PairLabel> labels, Answered answered) {
    List<JsonNode> groups = new ArrayList<>();
    answered.said().path("order").forEach(groups::add);
    for (int above = 0; above < groups.size(); above++) {
      for (int below = above + 1; below < groups.size(); below++) {
        for (JsonNode better : groups.get(above)) {
          for (JsonNode worse : groups.get(below)) {
            labels.add(label(answered, better.intValue(), worse.intValue(), 0));
          }
        }
      }
    }
  }

  private static PairLabel label(Answered answered, int better, int worse, int strength) {
    return new PairLabel(
        answered.item(),
        answered.annotator(),
        answered.name(),
        better,
        worse,
        strength,
        answered.chosenBy());
  }
}
