package org.rlhf4j.reward;

import ai.djl.ndarray.NDArray;
import org.rlhf4j.model.PackedTokens;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.ScalarPass;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.OptimizerSettings;

/** Trains all weights of a reward model, or its adapter and head. */
public final class RewardTrainer extends PairTrainer {

  private final ScalarModel model;
  private final double centering;

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
    super(
        "model",
        new Learner(model.parameters(), settings, settings.scheduleOver(steps)),
        microBatchTokens);
    this.model = model;
    this.centering = centering;
  }

  @Override
  void addGradient(PackedTokens tokens, Pairs pairs, int rowsOfStep, StepTotals totals) {
    try (ScalarPass pass = model.forwardScores(tokens)) {
      NDArray loss = BradleyTerryLoss.sumOverRows(pass.scalars(), pairs, centering).div(rowsOfStep);
      pass.backward(loss);
      totals.add(loss.getFloat(), pass.scalars().toFloatArray(), pairs);
    }
  }
}
