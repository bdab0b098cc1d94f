package org.rlhf4j.studio.circle;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.rlhf4j.data.report.DataReport;
import org.rlhf4j.data.token.RowTokenizer;
import org.rlhf4j.data.token.TokenizedRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.reward.Manifest;
import org.rlhf4j.reward.Scorer;
import org.rlhf4j.settings.Precision;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.studio.label.Item;
import org.rlhf4j.studio.label.ItemRow;
import org.rlhf4j.studio.label.Project;
import org.rlhf4j.training.MemoryPlan;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Scores items in the background, one model at a time. A model is in memory only while it scores.
 */
public final class Scoring implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Scoring.class);
  private static final int BATCH = 64;

  /**
   * How far the scoring of a project's items is.
   *
   * @param missing items that have no score yet
   * @param fault why it ended before its end, in a line; null if it didn't
   */
  public record State(int missing, String fault) {}

  private record Job(RewardModel model, Project project, ItemScores.Which which) {}

  private final ItemScores scores;
  private final Precision precision;
  private final ExecutorService worker;
  private final Map<Job, Optional<String>> jobs = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * Scoring into a store.
   *
   * @param scores keeps them
   * @param precision what the models compute in
   */
  public Scoring(ItemScores scores, Precision precision) {
    this.scores = scores;
    this.precision = precision;
    worker =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "studio-scoring");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** The scores that it works on. */
  public ItemScores scores() {
    return scores;
  }

  /**
   * Sees to it that items have scores of a model. What failed is tried again by {@link #retry}.
   *
   * @return how far it is at this moment
   */
  public State want(RewardModel model, Project project, ItemScores.Which which) {
    int missing = scores.missing(model, project, which);
    Job job = new Job(model, project, which);
    if (missing > 0 && !closed && jobs.putIfAbsent(job, Optional.empty()) == null) {
      worker.execute(() -> run(job, () -> {}, line -> {}));
    }
    return new State(
        missing, missing == 0 ? null : jobs.getOrDefault(job, Optional.empty()).orElse(null));
  }

  /**
   * Scores items, and does something once all of them have scores.
   *
   * @param then what is done
   * @param failed is told in a line why they won't have scores
   */
  public void thenDo(
      RewardModel model,
      Project project,
      ItemScores.Which which,
      Runnable then,
      Consumer<String> failed) {
    worker.execute(() -> run(new Job(model, project, which), then, failed));
  }

  /** Forgets what failed, so that it is tried again when it is wanted. */
  public void retry() {
    jobs.values().removeIf(Optional::isPresent);
  }

  private void run(Job job, Runnable then, Consumer<String> failed) {
    try {
      if (scores.missing(job.model(), job.project(), job.which()) > 0) {
        score(job);
      }
      jobs.remove(job);
      if (!closed) {
        then.run();
      }
    } catch (RuntimeException e) {
      LOG.debug("scoring ended early", e);
      String line = String.valueOf(e.getMessage());
      jobs.put(job, Optional.of(line));
      failed.accept(line);
    }
  }

  private void score(Job job) {
    try (ScalarModel model = Manifest.loadVerified(job.model().folder(), precision)) {
      List<Item> items = scores.some(job.model(), job.project(), job.which(), BATCH);
      while (!items.isEmpty() && !closed) {
        scores.keep(job.model(), score(model, items));
        items = scores.some(job.model(), job.project(), job.which(), BATCH);
      }
    }
  }

  /**
   * Scores the completions of items.
   *
   * @param model a reward model
   * @param items pairs and rankings
   * @return by the item's number; empty of those whose completions don't fit the model
   * @throws UserException if a score isn't finite
   */
  static Map<Long, float[]> score(ScalarModel model, List<Item> items) {
    int longest = model.config().dimensions().positions();
    RowTokenizer tokenizer =
        new RowTokenizer(model.tokenizer(), longest)
            .within(model.config().dimensions().vocabulary());
    DataReport.Builder report = new DataReport.Builder(longest, List.of());
    List<Optional<TokenizedRow>> rows =
        items.stream().map(item -> tokenizer.tokenize(ItemRow.of(item), report)).toList();
    List<TokenTree> trees =
        rows.stream().flatMap(Optional::stream).map(TokenizedRow::tree).toList();
    List<float[]> given =
        Scorer.score(model, trees, MemoryPlan.microBatchTokens(model.config().dimensions()));
    Map<Long, float[]> scores = new HashMap<>();
    int next = 0;
    for (int i = 0; i < items.size(); i++) {
      float[] ofItem = rows.get(i).isPresent() ? given.get(next++) : new float[0];
      requireFinite(items.get(i), ofItem);
      scores.put(items.get(i).id(), ofItem);
    }
    return scores;
  }

  private static void requireFinite(Item item, float[] scores) {
    if (!IntStream.range(0, scores.length).allMatch(i -> Float.isFinite(scores[i]))) {
      throw new UserException(
          "item "
              + item.id()
              + ": the reward model's score isn't a finite number; its weights are damaged or"
              + " overflow");
    }
  }

  @Override
  public void close() {
    closed = true;
    worker.shutdown();
    try {
      worker.awaitTermination(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
