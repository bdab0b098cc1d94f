package org.rlhf4j.reward;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.data.TrainingRow;
import org.rlhf4j.training.Metrics;
import org.rlhf4j.training.NonFiniteException;

/** What trains a reward model on comparisons, a step at a time. */
public sealed interface PairTrainer extends AutoCloseable permits RewardTrainer, HeadTrainer {

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
  Metrics step(int step, List<? extends TrainingRow> rows);

  /**
   * Writes what is trained, and the optimizer.
   *
   * @param folder an existing folder
   * @throws IOException when they can't be written
   */
  void save(Path folder) throws IOException;

  /**
   * Takes over what {@link #save} wrote, bit for bit.
   *
   * @param folder where it was written
   */
  void load(Path folder);

  /** Frees what training takes; the model stays open. */
  @Override
  void close();
}
