package org.rlhf4j.reward;

import java.util.List;
import org.rlhf4j.data.token.TrainingRow;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.training.StopFlag;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.OptimizerSettings;

/** Trains all weights of a reward model, or its adapter and head. */
public final class RewardTrainer extends PairTrainer {

  private final PairPasses passes;

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
    this(model, settings, steps, new ScorePasses(model, centering, microBatchTokens));
  }

  /**
   * A trainer whose passes are computed in a way of their own.
   *
   * @param model the model, trained in place; it outlives the trainer
   * @param settings the optimizer's
   * @param steps steps of the run, over which the learning rate goes
   * @param passes collect the model's gradients
   */
  RewardTrainer(ScalarModel model, OptimizerSettings settings, int steps, PairPasses passes) {
    super("model", new Learner(model.parameters(), settings, settings.scheduleOver(steps)));
    this.passes = passes;
  }

  @Override
  StepTotals passes(List<? extends TrainingRow> rows, StopFlag stop) {
    return passes.of(rows, rows.size(), stop);
  }
}
