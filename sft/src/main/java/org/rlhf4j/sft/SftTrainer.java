package org.rlhf4j.sft;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.data.batch.TrainedTokens;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.NonFiniteException;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.Metrics;

/**
 * Supervised fine-tuning: the loss of an optimizer step is
 *
 * <pre>  L = −(1/N) Σ log π(y_t | x, y_&lt;t)</pre>
 *
 * over all N completion tokens of its rows, EOS included; of a dialogue over those of the
 * assistant's turns. N is the whole step's, so how the rows are grouped into micro-batches changes
 * nothing.
 */
public final class SftTrainer implements AutoCloseable {

  private static final String NAME = "model";

  private final Learner learner;
  private final int microBatchTokens;
  private final SftPasses passes;

  /**
   * A trainer that has made no step yet.
   *
   * @param model the model, trained in place; it outlives the trainer
   * @param settings the optimizer's
   * @param steps steps of the run, over which the learning rate goes
   * @param microBatchTokens tokens that go through the network at once
   */
  public SftTrainer(
      LanguageModel model, OptimizerSettings settings, int steps, int microBatchTokens) {
    this(model, settings, steps, microBatchTokens, new ModelPasses(model, microBatchTokens));
  }

  /**
   * A trainer whose passes are computed in a way of their own.
   *
   * @param model the model, trained in place; it outlives the trainer
   * @param settings the optimizer's
   * @param steps steps of the run, over which the learning rate goes
   * @param microBatchTokens tokens that go through the network at once
   * @param passes collect the model's gradients
   */
  SftTrainer(
      LanguageModel model,
      OptimizerSettings settings,
      int steps,
      int microBatchTokens,
      SftPasses passes) {
    this.microBatchTokens = microBatchTokens;
    this.passes = passes;
    this.learner = new Learner(model.parameters(), settings, settings.scheduleOver(steps));
  }

  /**
   * Makes one optimizer step.
   *
   * @param step its number, from 1
   * @param rows prompts with one completion each
   * @return {@code loss} before the update, {@code learning_rate}, {@code grad_norm} before
   *     clipping, {@code tokens_per_second} over all tokens that the network saw
   * @throws NonFiniteException when the loss or the gradient isn't finite
   */
  public Metrics step(int step, List<? extends TrainingRow> rows) {
    return step(step, rows, new StopFlag());
  }

  /**
   * Makes one optimizer step as {@link #step(int, List)} does, unless it is asked to stop.
   *
   * @param step its number, from 1
   * @param rows prompts with one completion each
   * @param stop looked at between micro-batches
   * @return what {@link #step(int, List)} returns
   * @throws NonFiniteException when the loss or the gradient isn't finite
   * @throws StoppedException by {@code stop}; the trainer is as it was before the step
   */
  public Metrics step(int step, List<? extends TrainingRow> rows, StopFlag stop) {
    long start = System.nanoTime();

    // 1. Count N, the tokens of the step that are trained on, and those that the network sees.
    List<TrainedTokens> microBatches = TrainedTokens.pack(rows, microBatchTokens);
    int trained = microBatches.stream().mapToInt(TrainedTokens::trained).sum();
    int seen = microBatches.stream().mapToInt(batch -> batch.tokens().tokens()).sum();

    // 2. Compute the log-probabilities, and add the gradient of −(1/N) Σ.
    double loss = learner.gradient(() -> passes.of(rows, trained, stop));
    NonFiniteException.check("loss", loss);

    // 3. Clip the norm of all gradients together, and update the weights.
    double gradNorm = learner.update(step);

    return new Metrics()
        .put("loss", loss)
        .put("learning_rate", learner.learningRate(step))
        .put("grad_norm", gradNorm)
        .put("tokens_per_second", seen / ((System.nanoTime() - start) / 1e9));
  }

  /**
   * Looks at all weights.
   *
   * @throws NonFiniteException when one is NaN or infinite
   */
  public void requireFinite() {
    learner.requireFinite();
  }

  /**
   * Writes weights and optimizer.
   *
   * @param folder an existing folder
   * @throws IOException when they can't be written
   */
  public void save(Path folder) throws IOException {
    learner.save(folder, NAME);
  }

  /**
   * Takes over what {@link #save} wrote, bit for bit.
   *
   * @param folder where it was written
   */
  public void load(Path folder) {
    learner.load(folder, NAME);
  }

  /** Frees the optimizer's memory; the model stays open. */
  @Override
  public void close() {
    learner.close();
  }
}
