package org.rlhf4j.reward;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.rlhf4j.data.MicroBatches;
import org.rlhf4j.data.TrainingRow;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.ScalarPass;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.training.Learner;
import org.rlhf4j.training.Metrics;
import org.rlhf4j.training.NonFiniteException;
import org.rlhf4j.training.OptimizerSettings;

/**
 * Trains a reward model on comparisons with {@link BradleyTerryLoss}: the loss of an optimizer step
 * is the mean over its rows of the mean over a row's pairs, however the rows are grouped into
 * micro-batches.
 */
public final class RewardTrainer implements PairTrainer {

  private static final String NAME = "model";

  private final ScalarModel model;
  private final Learner learner;
  private final double centering;
  private final int microBatchTokens;

  /**
   * A trainer that has made no step yet.
   *
   * @param model the model, trained in place; it outlives the trainer
   * @param settings the optimizer's
   * @param centering the loss's centring coefficient, 0 for none
   * @param steps steps of the run, over which the learning rate goes
   * @param microBatchTokens tokens that go through the network at once
   */
  public RewardTrainer(
      ScalarModel model,
      OptimizerSettings settings,
      double centering,
      int steps,
      int microBatchTokens) {
    this.model = model;
    this.centering = centering;
    this.microBatchTokens = microBatchTokens;
    this.learner = new Learner(model.parameters(), settings, settings.scheduleOver(steps));
  }

  @Override
  public Metrics step(int step, List<? extends TrainingRow> rows) {
    long start = System.nanoTime();

    // 1. Group the rows under the token budget.
    List<TokenTree> trees = rows.stream().<TokenTree>map(TrainingRow::tree).toList();
    List<int[]> microBatches = MicroBatches.of(trees, microBatchTokens);

    // 2. Score all completions of a micro-batch in one pass, and add the gradient of its share of
    //    the loss: the sum over its rows of the mean over a row's pairs, over the step's rows.
    StepTotals totals = new StepTotals();
    for (int[] indices : microBatches) {
      List<TrainingRow> batch = Arrays.stream(indices).<TrainingRow>mapToObj(rows::get).toList();
      Pairs pairs = Pairs.of(batch);
      PackedTokens tokens = PackedTokens.of(batch.stream().map(TrainingRow::tree).toList());
      try (ScalarPass pass = model.forwardScores(tokens)) {
        NDArray loss =
            BradleyTerryLoss.sumOverRows(pass.scalars(), pairs, centering).div(rows.size());
        pass.backward(loss);
        totals.add(loss.getFloat(), pass.scalars().toFloatArray(), pairs);
      }
    }
    NonFiniteException.check("loss", totals.loss());

    // 3. Clip the norm of all gradients together, and update the weights.
    double gradNorm = learner.update(step);

    int seen = trees.stream().mapToInt(TokenTree::length).sum();
    return totals
        .metrics()
        .put("learning_rate", learner.learningRate(step))
        .put("grad_norm", gradNorm)
        .put("tokens_per_second", seen / ((System.nanoTime() - start) / 1e9));
  }

  @Override
  public void save(Path folder) throws IOException {
    learner.save(folder, NAME);
  }

  @Override
  public void load(Path folder) {
    learner.load(folder, NAME);
  }

  /** Frees the optimizer's memory; the model stays open. */
  @Override
  public void close() {
    learner.close();
  }
}
