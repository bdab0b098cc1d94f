package org.rlhf4j.reward;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.List;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.torch.Scalars;
import org.rlhf4j.model.weights.Parameters;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.OptimizerSettings;

/**
 * Trains the score head alone, with the same loss as {@link RewardTrainer}: the backbone computes
 * hidden states without gradients and stays as it is. A step takes a third of the arithmetic, and
 * the optimizer's memory is that of one row of weights.
 */
public final class HeadTrainer extends PairTrainer {

  private final ScalarModel model;
  private final Parameters head;
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
    this(model, model.head(), settings, centering, steps, microBatchTokens);
  }

  private HeadTrainer(
      ScalarModel model,
      Parameters head,
      OptimizerSettings settings,
      double centering,
      int steps,
      int microBatchTokens) {
    super("head", new Learner(head, settings, settings.scheduleOver(steps)));
    this.microBatchTokens = microBatchTokens;
    this.model = model;
    this.head = head;
    this.centering = centering;
  }

  @Override
  StepTotals passes(List<? extends TrainingRow> rows, StopFlag stop) {
    return PairPasses.inMicroBatches(
        rows,
        microBatchTokens,
        stop,
        (tokens, pairs, totals) -> addGradient(tokens, pairs, rows.size(), totals));
  }

  /** r = H w for the states H [K, C] at the completions' last tokens. */
  private void addGradient(PackedTokens tokens, Pairs pairs, int rowsOfStep, StepTotals totals) {
    float[] states = model.lastStates(tokens);
    NDArray weights = head.list().get(0);
    long width = weights.size();
    try (NDManager scope = head.manager().newSubManager();
        GradientCollector collector = scope.getEngine().newGradientCollector()) {
      NDArray hidden = scope.create(states, new Shape(states.length / width, width));
      NDArray scores = hidden.mul(weights).sum(new int[] {1});
      NDArray loss =
          Scalars.over(BradleyTerryLoss.sumOverRows(scores, pairs, centering), rowsOfStep);
      collector.backward(loss);
      totals.add(loss.getFloat(), scores.toFloatArray(), pairs);
    }
  }

  @Override
  void weightsChanged() {
    model.setHead(head);
  }

  @Override
  public void close() {
    super.close();
    head.close();
  }
}
