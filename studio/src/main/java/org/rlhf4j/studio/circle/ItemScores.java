package org.rlhf4j.studio.circle;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.rlhf4j.studio.label.Item;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;

/** What reward models say about items. An item is scored once by each model. */
public final class ItemScores {

  /** Which of a project's items are meant. */
  public enum Which {
    /** Pairs and rankings that somebody has answered or settled. */
    ANSWERED,
    /** All pairs and rankings, those with answers first. */
    ALL
  }

  private static final String UNSCORED =
      " FROM item WHERE project_id = :project AND gold IS NULL AND kind IN ('compare', 'rank')"
          + " AND (answers > 0 OR settled = 1 OR :all = 1)"
          + " AND NOT EXISTS (SELECT 1 FROM item_score"
          + " WHERE item_score.item_id = item.id AND reward_model_id = :model)";

  private final Store store;

  /** The scores of a store. */
  public ItemScores(Store store) {
    this.store = store;
  }

  /** How many items have no score of a model yet. */
  int missing(RewardModel model, Project project, Which which) {
    return store.read(
        handle ->
            handle
                .createQuery("SELECT COUNT(*)" + UNSCORED)
                .bind("project", project.id())
                .bind("model", model.id())
                .bind("all", which == Which.ALL ? 1 : 0)
                .mapTo(Integer.class)
                .one());
  }

  /** Some items that have none yet. */
  List<Item> some(RewardModel model, Project project, Which which, int most) {
    return store.read(
        handle ->
            handle
                .createQuery(
                    "SELECT *" + UNSCORED + " ORDER BY answers DESC, place, id LIMIT :most")
                .bind("project", project.id())
                .bind("model", model.id())
                .bind("all", which == Which.ALL ? 1 : 0)
                .bind("most", most)
                .map(Labelling.ITEM)
                .list());
  }

  /**
   * Keeps scores.
   *
   * @param model whose they are
   * @param scores by the item's number, one a completion; none of an item that doesn't fit
   */
  void keep(RewardModel model, Map<Long, float[]> scores) {
    store.change(
        handle -> {
          PreparedBatch batch =
              handle.prepareBatch(
                  "INSERT INTO item_score (reward_model_id, item_id, scores)"
                      + " VALUES (:model, :item, :scores)"
                      + " ON CONFLICT (reward_model_id, item_id) DO NOTHING");
          scores.forEach(
              (item, given) ->
                  batch
                      .bind("model", model.id())
                      .bind("item", item)
                      .bind("scores", Arrays.toString(given))
                      .add());
          return batch.execute();
        });
  }

  /**
   * The scores of a project's items.
   *
   * @return by the item's number, one a completion; empty of an item that doesn't fit the model
   */
  public Map<Long, double[]> of(RewardModel model, Project project) {
    return store.read(handle -> of(handle, model, project));
  }

  private static Map<Long, double[]> of(Handle handle, RewardModel model, Project project) {
    Map<Long, double[]> scores = new HashMap<>();
    handle
        .createQuery(
            "SELECT item_score.item_id, item_score.scores FROM item_score"
                + " JOIN item ON item.id = item_score.item_id"
                + " WHERE item.project_id = :project AND reward_model_id = :model")
        .bind("project", project.id())
        .bind("model", model.id())
        .map((row, context) -> scores.put(row.getLong("item_id"), numbers(row.getString("scores"))))
        .list();
    return scores;
  }

  private static double[] numbers(String list) {
    List<Double> numbers = new ArrayList<>();
    for (JsonNode number : Labelling.json(list)) {
      numbers.add(number.doubleValue());
    }
    return numbers.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
