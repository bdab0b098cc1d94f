package org.rlhf4j.dpo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.StoppedException;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.NonFiniteException;
import org.rlhf4j.training.optimizer.OptimizerSettings;
import org.rlhf4j.training.run.Metrics;

/**
 * Trains a policy on comparisons with a {@link DpoLoss}: the loss of an optimizer step is the mean
 * over its rows of the mean over a row's pairs, however the rows are grouped into micro-batches. Of
 * orpo, −(1/N) Σ log π(y_t | x, y_&lt;t) over all N tokens of the rows' best completions is added.
 */
public final class DpoTrainer implements AutoCloseable {

  private static final String NAME = "model";

  private final DpoSettings settings;
  private final DpoPasses passes;
  private final Learner learner;
  private final int microBatchTokens;

  /**
   * A trainer that has made no step yet.
   *
   * @param model the policy, trained in place; it outlives the trainer
   * @param settings the loss
   * @param optimizer the optimizer's
   * @param steps steps of the run, over which the learning rate goes
   * @param microBatchTokens tokens that go through the network at once
   */
  public DpoTrainer(
      LanguageModel model,
      DpoSettings settings,
      OptimizerSettings optimizer,
      int steps,
      int microBatchTokens) {
    this(
        model,
        settings,
        optimizer,
        steps,
        microBatchTokens,
        new PolicyPasses(model, settings, microBatchTokens));
  }

  /**
   * A trainer whose passes are computed in a way of their own.
   *
   * @param model the policy, trained in place; it outlives the trainer
   * @param settings the loss
   * @param optimizer the optimizer's
   * @param steps steps of the run, over which the learning rate goes
   * @param microBatchTokens tokens that go through the network at once
   * @param passes collect the policy's gradients
   */
  DpoTrainer(
      LanguageModel model,
      DpoSettings settings,
      OptimizerSettings optimizer,
      int steps,
      int microBatchTokens,
      DpoPasses passes) {
    this.settings = settings;
    this.passes = passes;
    this.microBatchTokens = microBatchTokens;
    this.learner = new Learner(model.parameters(), optimizer, optimizer.scheduleOver(steps));
  }

  /**
   * Makes one optimizer step.
   *
   * @param step its number, from 1
   * @param rows comparisons, completions best first
   * @param refLogprobs for each row log π_ref of each completion, as {@link ReferenceLogprobs} has
   *     them
   * @return before the update: {@code loss}, {@code likelihood_loss} of orpo, {@code accuracy} and
   *     {@code margin_mean} of the implicit rewards, {@code chosen_reward}, {@code
   *     rejected_reward}, {@code chosen_logprob}, {@code rejected_logprob} (means over pairs),
   *     {@code grad_norm} before clipping; {@code learning_rate}, {@code tokens_per_second} over
   *     all tokens that the network saw
   * @throws NonFiniteException when the loss or the gradient isn't finite
   */
  public Metrics step(int step, List<? extends TrainingRow> rows, List<float[]> refLogprobs) {
    return step(step, rows, refLogprobs, new StopFlag());
  }

  /**
   * Makes one optimizer step as {@link #step(int, List, List)} does, unless it is asked to stop.
   *
   * @param step its number, from 1
   * @param rows comparisons, completions best first
   * @param refLogprobs for each row log π_ref of each completion
   * @param stop looked at between micro-batches
   * @return what {@link #step(int, List, List)} returns
   * @throws NonFiniteException when the loss or the gradient isn't finite
   * @throws StoppedException by {@code stop}; the trainer is as it was before the step
   */
  public Metrics step(
      int step, List<? extends TrainingRow> rows, List<float[]> refLogprobs, StopFlag stop) {
    long start = System.nanoTime();

    // 1. Group the rows under the token budget, and count N, the tokens whose likelihood counts.
    List<ComparedTokens> microBatches =
        ComparedTokens.pack(rows, settings.trainsOnPrompt(), microBatchTokens);
    int likely = microBatches.stream().mapToInt(ComparedTokens::likelyTokens).sum();

    // 2. Compute log π of all completions of a micro-batch in one pass, and add the gradient of its
    //    share of the loss: the sum over its rows of the mean over a row's pairs, over the step's
    //    rows.
    DpoTotals totals =
        learner.gradient(() -> passes.of(rows, refLogprobs, rows.size(), likely, stop));
    NonFiniteException.check("loss", totals.loss());

    // 3. Clip the norm of all gradients together, and update the weights.
    double gradNorm = learner.update(step);

    int seen = microBatches.stream().mapToInt(batch -> batch.tokens().tokens()).sum();
    return totals
        .metrics(settings.loss().hasLikelihood())
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
