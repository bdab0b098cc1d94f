package org.rlhf4j.studio.choice;

import java.time.Clock;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.rlhf4j.settings.UsageException;
import org.rlhf4j.studio.circle.Circles;
import org.rlhf4j.studio.circle.ItemScores;
import org.rlhf4j.studio.circle.RewardModel;
import org.rlhf4j.studio.circle.RewardModels;
import org.rlhf4j.studio.circle.Scoring;
import org.rlhf4j.studio.label.Item;
import org.rlhf4j.studio.label.KeptPrompts;
import org.rlhf4j.studio.label.Labelling;
import org.rlhf4j.studio.label.NewItem;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.studio.store.Store;

/**
 * Gives a project's open items their places. How an item's place was chosen, and by which score,
 * stands with the item. Items of kept prompts are never given a place by a model: in whatever order
 * the others come, those stay a random sample, and an accuracy on them is unbiased.
 */
public final class Choices {

  private static final String RANDOM = Strategy.RANDOM.written();

  /** Drawn at random from what a model's choice has left: no random sample of all. */
  private static final String REMAINDER = "remainder";

  private final Store store;
  private final Clock clock;
  private final Scoring scoring;
  private final Circles circles;
  private final KeptPrompts kept;
  private final Map<Long, String> faults = new ConcurrentHashMap<>();

  /**
   * The choices of a store.
   *
   * @param store where they are kept
   * @param clock what time it is
   * @param scoring has models score items
   * @param circles knows where models disagree with people
   * @param kept whose items no model chooses
   */
  public Choices(Store store, Clock clock, Scoring scoring, Circles circles, KeptPrompts kept) {
    this.store = store;
    this.clock = clock;
    this.scoring = scoring;
    this.circles = circles;
    this.kept = kept;
  }

  /** How a project's items are chosen now. */
  public Choice of(Project project) {
    return store.read(
        handle ->
            handle
                .createQuery("SELECT * FROM choice WHERE project_id = :project")
                .bind("project", project.id())
                .map(
                    (row, context) ->
                        new Choice(
                            Strategy.of(row.getString("strategy")),
                            number(row.getObject("model_id")),
                            number(row.getObject("other_id")),
                            row.getInt("placed")))
                .findOne()
                .orElse(Choice.USUAL));
  }

  /** Why the last choice of a project came to nothing, in a line; empty if it didn't. */
  public Optional<String> fault(Project project) {
    return Optional.ofNullable(faults.get(project.id()));
  }

  private static Long number(Object value) {
    return value == null ? null : ((Number) value).longValue();
  }

  /**
   * Chooses. A model scores the items first, in the background.
   *
   * @param project whose items
   * @param strategy by what
   * @param model the reward model; empty if it is random
   * @param other the second one, for a spread
   * @throws UsageException if a model is missing
   */
  public void choose(
      Project project,
      Strategy strategy,
      Optional<RewardModel> model,
      Optional<RewardModel> other) {
    require(strategy == Strategy.RANDOM || model.isPresent(), "there is no reward model yet");
    require(
        strategy != Strategy.SPREAD || (other.isPresent() && !other.equals(model)),
        "a spread is between two different reward models");
    Optional<RewardModel> second = strategy == Strategy.SPREAD ? other : Optional.empty();
    faults.remove(project.id());
    if (strategy == Strategy.RANDOM) {
      keep(project, strategy, Optional.empty(), Optional.empty(), random(project));
      return;
    }
    keep(project, strategy, model, second, -1);
    Choice asked = of(project);
    Runnable place =
        () -> {
          if (of(project).equals(asked)) { // else somebody has chosen otherwise meanwhile
            keep(project, strategy, model, second, place(project, strategy, model.get(), second));
          }
        };
    Consumer<String> failed =
        line -> {
          if (of(project).equals(asked)) {
            faults.put(project.id(), line);
            keep(project, Strategy.RANDOM, Optional.empty(), Optional.empty(), random(project));
          }
        };
    Runnable scored =
        strategy == Strategy.SPREAD
            ? () -> scoring.thenDo(second.get(), project, ItemScores.Which.ALL, place, failed)
            : place;
    scoring.thenDo(model.get(), project, which(strategy), scored, failed);
  }

  /** Goes on with a choice that was being worked out when the last studio ended. */
  public void resume(Project project, RewardModels models) {
    Choice now = of(project);
    if (now.placed() < 0) {
      choose(
          project,
          now.strategy(),
          Optional.ofNullable(now.model()).flatMap(id -> models.find(project, id)),
          Optional.ofNullable(now.other()).flatMap(id -> models.find(project, id)));
    }
  }

  /** Goes on choosing by another model, if a model has a say in it. */
  public void follow(Project project, RewardModel model) {
    Choice now = of(project);
    if (now.strategy() == Strategy.SMALLEST_MARGIN || now.strategy() == Strategy.DISAGREEMENT) {
      choose(project, now.strategy(), Optional.of(model), Optional.empty());
    }
  }

  private static ItemScores.Which which(Strategy strategy) {
    return strategy == Strategy.DISAGREEMENT ? ItemScores.Which.ANSWERED : ItemScores.Which.ALL;
  }

  private static void require(boolean holds, String rule) {
    if (!holds) {
      throw new UsageException("not a choice: " + rule);
    }
  }

  private void keep(
      Project project,
      Strategy strategy,
      Optional<RewardModel> model,
      Optional<RewardModel> other,
      int placed) {
    store.change(
        handle ->
            handle
                .createUpdate(
                    "INSERT INTO choice (project_id, strategy, model_id, other_id, placed, time)"
                        + " VALUES (:project, :strategy, :model, :other, :placed, :now)"
                        + " ON CONFLICT (project_id) DO UPDATE SET strategy = excluded.strategy,"
                        + " model_id = excluded.model_id, other_id = excluded.other_id,"
                        + " placed = excluded.placed, time = excluded.time")
                .bind("project", project.id())
                .bind("strategy", strategy.written())
                .bind("model", model.map(RewardModel::id).orElse(null))
                .bind("other", other.map(RewardModel::id).orElse(null))
                .bind("placed", placed)
                .bind("now", clock.millis())
                .execute());
  }

  /** Puts what models have chosen back among the others. */
  private int random(Project project) {
    return store.change(
        handle -> {
          PreparedBatch batch = placing(handle);
          int placed = 0;
          for (Item item : open(handle, project, " AND chosen_by <> '" + RANDOM + "'")) {
            add(batch, item.id(), NewItem.randomPlace(digest(handle, item)), REMAINDER, null);
            placed++;
          }
          batch.execute();
          return placed;
        });
  }

  private static String digest(Handle handle, Item item) {
    return handle
        .createQuery("SELECT digest FROM item WHERE id = :id")
        .bind("id", item.id())
        .mapTo(String.class)
        .one();
  }

  private int place(
      Project project, Strategy strategy, RewardModel model, Optional<RewardModel> other) {
    Map<Long, Double> urgent = urgency(project, strategy, model, other);
    return store.change(
        handle -> {
          List<Item> items =
              open(handle, project, "").stream()
                  .filter(item -> urgent.containsKey(item.id()) && !kept.has(item.prompt()))
                  .sorted(Comparator.comparingDouble(item -> -urgent.get(item.id())))
                  .toList();
          double before = strategy == Strategy.DISAGREEMENT ? 1 : 0; // of all others
          PreparedBatch batch = placing(handle);
          for (int rank = 0; rank < items.size(); rank++) {
            long item = items.get(rank).id();
            double score = urgent.get(item) * (strategy == Strategy.SMALLEST_MARGIN ? -1 : 1);
            double place = (rank + 0.5) / items.size() - before;
            add(batch, item, place, strategy.written(), score);
          }
          batch.execute();
          return items.size();
        });
  }

  private static List<Item> open(Handle handle, Project project, String which) {
    return handle
        .createQuery("SELECT * FROM item WHERE project_id = :project AND is_open = 1" + which)
        .bind("project", project.id())
        .map(Labelling.ITEM)
        .list();
  }

  private static PreparedBatch placing(Handle handle) {
    return handle.prepareBatch(
        "UPDATE item SET place = :place, chosen_by = :by, choice_score = :score WHERE id = :item");
  }

  private static void add(PreparedBatch batch, long item, double place, String by, Double score) {
    batch.bind("item", item).bind("place", place).bind("by", by).bind("score", score).add();
  }

  /** By item a number that is the greater, the sooner it should come. */
  private Map<Long, Double> urgency(
      Project project, Strategy strategy, RewardModel model, Optional<RewardModel> other) {
    if (strategy == Strategy.DISAGREEMENT) {
      return circles.disagreements(project, model);
    }
    Map<Long, double[]> scores = scoring.scores().of(model, project);
    Map<Long, double[]> others =
        strategy == Strategy.SPREAD ? scoring.scores().of(other.orElseThrow(), project) : scores;
    Map<Long, Double> urgent = new HashMap<>();
    scores.forEach(
        (item, given) -> {
          double[] second = others.getOrDefault(item, new double[0]);
          if (given.length > 1 && second.length == given.length) {
            urgent.put(
                item,
                strategy == Strategy.SPREAD
                    ? Strategy.spread(given, second)
                    : -Strategy.smallestMargin(given));
          }
        });
    return urgent;
  }
}
