package org.rlhf4j.studio.circle;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.rlhf4j.studio.label.Item;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.label.Settlements;
import org.rlhf4j.studio.store.Store;

/** Holds reward models against the labels of projects. */
public final class Circles {

  /** The pairs that are most wrong: so many are shown. */
  private static final int WRONG = 20;

  private static final String ITEMS = "SELECT id FROM item WHERE project_id = :project";

  private static final String MINE =
      "EXISTS (SELECT 1 FROM standing WHERE standing.item_id = item.id"
          + " AND standing.annotator_id = :annotator)";

  private final Store store;
  private final ItemScores scores;

  /** The circles of a store. */
  public Circles(Store store, ItemScores scores) {
    this.store = store;
    this.scores = scores;
  }

  /**
   * A model held against a project's labels.
   *
   * @param project the project
   * @param model the model
   * @param all whether the parts are of all pairs, not only of those that are new to the model
   */
  public Circle of(Project project, RewardModel model, boolean all) {
    return store.read(
        handle ->
            Circle.of(
                PairLabels.of(handle, project),
                scores.of(model, project),
                learnt(handle, model),
                all));
  }

  private static Set<Long> learnt(Handle handle, RewardModel model) {
    return new HashSet<>(
        handle
            .createQuery("SELECT item_id FROM training_item WHERE training_id = :training")
            .bind("training", model.training())
            .mapTo(Long.class)
            .list());
  }

  /**
   * The pairs that a model gets most wrong, the worst first. An item that the one who asks may
   * still label isn't among them, since nobody sees what others say before their own answer.
   *
   * @param project the project
   * @param model the model
   * @param annotator who asks
   */
  public List<WrongPair> wrong(Project project, RewardModel model, long annotator) {
    return store.read(
        handle -> {
          Set<Long> unsaid = mine(handle, project, annotator, " AND is_open = 1 AND NOT ");
          Set<Long> mine = mine(handle, project, annotator, " AND settled = 0 AND ");
          Set<Long> learnt = learnt(handle, model);
          Set<Long> sent = Settlements.referred(handle, project);
          List<Circle.Judged> wrong =
              Circle.join(PairLabels.of(handle, project).labels(), scores.of(model, project))
                  .judged
                  .stream()
                  .filter(pair -> pair.margin() < 0 && !unsaid.contains(pair.label().item()))
                  .sorted(Comparator.comparingDouble(Circle.Judged::margin))
                  .limit(WRONG)
                  .toList();
          Map<Long, Item> items = items(handle, wrong);
          return wrong.stream()
              .map(pair -> wrong(pair, items.get(pair.label().item()), learnt, mine, sent))
              .toList();
        });
  }

  private static Set<Long> mine(Handle handle, Project project, long annotator, String which) {
    return new HashSet<>(
        handle
            .createQuery(ITEMS + which + MINE)
            .bind("project", project.id())
            .bind("annotator", annotator)
            .mapTo(Long.class)
            .list());
  }

  private static Map<Long, Item> items(Handle handle, List<Circle.Judged> pairs) {
    Map<Long, Item> items = new HashMap<>();
    for (Circle.Judged pair : pairs) {
      items.computeIfAbsent(
          pair.label().item(),
          id ->
              handle
                  .createQuery("SELECT * FROM item WHERE id = :id")
                  .bind("id", id)
                  .map(Labelling.ITEM)
                  .one());
    }
    return items;
  }

  private static WrongPair wrong(
      Circle.Judged pair, Item item, Set<Long> learnt, Set<Long> mine, Set<Long> sent) {
    JsonNode completions = item.completions();
    return new WrongPair(
        item.id(),
        item.prompt(),
        completions.get(pair.label().better()),
        completions.get(pair.label().worse()),
        pair.margin(),
        pair.votes(),
        pair.others(),
        learnt.contains(item.id()),
        mine.contains(item.id()),
        sent.contains(item.id()));
  }

  /**
   * How far a model is from what people said.
   *
   * @return by item the score of the worse completion less that of the better one, of a ranking the
   *     greatest such difference
   */
  public Map<Long, Double> disagreements(Project project, RewardModel model) {
    Map<Long, Double> most = new HashMap<>();
    List<PairLabel> labels = store.read(handle -> PairLabels.of(handle, project)).labels();
    for (Circle.Judged pair : Circle.join(labels, scores.of(model, project)).judged) {
      most.merge(pair.label().item(), -pair.margin(), Math::max);
    }
    return most;
  }
}
