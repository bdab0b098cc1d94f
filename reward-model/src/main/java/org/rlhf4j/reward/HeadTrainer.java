package org.rlhf4j.reward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.rlhf4j.data.MicroBatches;
import org.rlhf4j.data.TrainingRow;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.Parameters;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.TokenTree;
import org.rlhf4j.training.Learner;
import org.rlhf4j.training.Metrics;
import org.rlhf4j.training.NonFiniteException;
import org.rlhf4j.training.OptimizerSettings;

/**
 * Trains the score head alone, with the same loss as {@link RewardTrainer}: the backbone computes
 * hidden states without gradients and stays as it is. A step takes a third of the arithmetic, and
 * the optimizer's memory is that of one row of weights.
 */
public final class HeadTrainer implements PairTrainer {

  private static final String NAME = "head";

  private final ScalarModel model;
  private final Parameters head;
  private final Learner learner;
  private final double centering;
  private final int microBatchTokens;

  /**
   * A trainer that has made no step yet.
   *
   * @param model the model, whose head is trained in place; it outlives the trainer
   * @param settings the optimizer's
   * @param centering the loss's centring coefficient, 0 for none
   * @param steps steps of the run, over which the learning rate goes
   * @param microBatchTokens tokens that go through the network at once
   */
  public HeadTrainer(
      ScalarModel model,
      OptimizerSettings settings,
      double centering,
      int steps,
      int microBatchTokens) {
    this.model = model;
    this.head = model.head();
    this.centering = centering;
    this.microBatchTokens = microBatchTokens;
    this.learner = new Learner(head, settings, settings.scheduleOver(steps));
  }

  @Override
  public Metrics step(int step, List<? extends TrainingRow> rows) {
    long start = System.nanoTime();

    // 1. Group the rows under the token budget.
    List<TokenTree> trees = rows.stream().<TokenTree>map(TrainingRow::tree).toList();
    List<int[]> microBatches = MicroBatches.of(trees, microBatchTokens);

    // 2. Of each micro-batch compute the states at the last tokens, their products with the head,
    //    and add the gradient of its share of the loss.
    StepTotals totals = new StepTotals();
    for (int[] indices : microBatches) {
      List<TrainingRow> batch = Arrays.stream(indices).<TrainingRow>mapToObj(rows::get).toList();
      PackedTokens tokens = PackedTokens.of(batch.stream().map(TrainingRow::tree).toList());
      addGradient(model.lastStates(tokens), Pairs.of(batch), rows.size(), totals);
    }
    NonFiniteException.check("loss", totals.loss());

    // 3. Clip the gradient, and update the head.
    double gradNorm = learner.update(step);
    model.setHead(head);

    int seen = trees.stream().mapToInt(TokenTree::length).sum();
    return totals
        .metrics()
        .put("learning_rate", learner.learningRate(step))
        .put("grad_norm", gradNorm)
        .put("tokens_per_second", seen / ((System.nanoTime() - start) / 1e9));
  }

  /** Adds the gradient of a micro-batch's share of the loss: r = H w for states H [K, C]. */
  private void addGradient(float[] states, Pairs pairs, int rowsOfStep, StepTotals totals) {
    NDArray weights = head.list().get(0);
    long width = weights.size();
    try (NDManager scope = head.manager().newSubManager();
        GradientCollector collector = scope.getEngine().newGradientCollector()) {
      NDArray hidden = scope.create(states, new Shape(states.length / width, width));
      NDArray scores = hidden.mul(weights).sum(new int[] {1});
      NDArray loss = BradleyTerryLoss.sumOverRows(scores, pairs, centering).div(rowsOfStep);
      collector.backward(loss);
      totals.add(loss.getFloat(), scores.toFloatArray(), pairs);
    }
  }

  @Override
  public void save(Path folder) throws IOException {
    learner.save(folder, NAME);
  }

  @Override
  public void load(Path folder) {
    learner.load(folder, NAME);
    model.setHead(head);
  }

  @Override
  public void close() {
    learner.close();
    head.close();
  }
}
