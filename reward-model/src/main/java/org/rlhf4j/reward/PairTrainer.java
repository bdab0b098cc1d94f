package org.rlhf4j.reward;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.NonFiniteException;
import org.rlhf4j.training.run.Metrics;

/**
 * Trains a reward model on comparisons with {@link BradleyTerryLoss}: the loss of an optimizer step
 * is the mean over its rows of the mean over a row's pairs, however the rows are grouped into
 * micro-batches.
 */
public abstract sealed class PairTrainer implements AutoCloseable
    permits RewardTrainer, HeadTrainer {

  private final String name;
  private final Learner learner;

  /**
   * A trainer that has made no step yet.
   *
   * @param name of its files in a checkpoint
   * @param learner updates what is trained; closed with it
   */
  PairTrainer(String name, Learner learner) {
    this.name = name;
    this.learner = learner;
  }

  /**
   * Makes one optimizer step.
   *
   * @param step its number, from 1
   * @param rows comparisons, completions best first
   * @return {@code loss} and {@code accuracy} before the update (of all pairs, a tie one half),
   *     {@code margin_mean}, {@code learning_rate}, {@code grad_norm} before clipping, {@code
   *     tokens_per_second} over all tokens that the network saw
   * @throws NonFiniteException when the loss or the gradient isn't finite
   */
  public final Metrics step(int step, List<? extends TrainingRow> rows) {
    return step(step, rows, new StopFlag());
  }

  /**
   * Makes one optimizer step as {@link #step(int, List)} does, unless it is asked to stop.
   *
   * @param step its number, from 1
   * @param rows comparisons, completions best first
   * @param stop looked at between micro-batches
   * @return what {@link #step(int, List)} returns
   * @throws NonFiniteException when the loss or the gradient isn't finite
   * @throws StoppedException by {@code stop}; the trainer is as it was before the step
   */
  public final Metrics step(int step, List<? extends TrainingRow> rows, StopFlag stop) {
    long start = System.nanoTime();

    // 1. Score all completions, and add the gradient of the loss.
    StepTotals totals = learner.gradient(() -> passes(rows, stop));
    NonFiniteException.check("loss", totals.loss());

    // 2. Clip the norm of all gradients together, and update the weights.
    double gradNorm = learner.update(step);
    weightsChanged();

    int seen = rows.stream().mapToInt(row -> row.tree().length()).sum();
    return totals
        .metrics()
        .put("learning_rate", learner.learningRate(step))
        .put("grad_norm", gradNorm)
        .put("tokens_per_second", seen / ((System.nanoTime() - start) / 1e9));
  }

  /** Scores the rows of a step and adds the gradient of its loss; a stop may end it. */
  abstract StepTotals passes(List<? extends TrainingRow> rows, StopFlag stop);

  /** Called when what is trained has new values: after an update, and after {@link #load}. */
  void weightsChanged() {}

  /**
   * Looks at what is trained.
   *
   * @throws NonFiniteException when a weight is NaN or infinite
   */
  public final void requireFinite() {
    learner.requireFinite();
  }

  /**
   * Writes what is trained, and the optimizer.
   *
   * @param folder an existing folder
   * @throws IOException when they can't be written
   */
  public final void save(Path folder) throws IOException {
    learner.save(folder, name);
  }

  /**
   * Takes over what {@link #save} wrote, bit for bit.
   *
   * @param folder where it was written
   */
  public final void load(Path folder) {
    learner.load(folder, name);
    weightsChanged();
  }

  /** Frees what training takes; the model stays open. */
  @Override
  public void close() {
    learner.close();
  }
}
