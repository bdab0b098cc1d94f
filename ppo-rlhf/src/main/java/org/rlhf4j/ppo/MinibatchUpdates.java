package org.rlhf4j.ppo;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.rlhf4j.rollout.MinibatchOrder;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.NonFiniteException;

/**
 * K epochs of minibatch updates of policy and critic, or of the critic alone. Losses are means over
 * the minibatch's tokens, added up over its micro-batches.
 */
final class MinibatchUpdates {
  private final PpoSettings settings;
  private final int tokenBudget;
  private final Learner policyLearner;
  private final Critic critic;
  private final MinibatchPasses passes;
  private final Optional<Pretraining> pretraining;

  MinibatchUpdates(
      PpoSettings settings,
      int tokenBudget,
      Learner policyLearner,
      Critic critic,
      MinibatchPasses passes,
      Optional<Pretraining> pretraining) {
    this.settings = settings;
    this.tokenBudget = tokenBudget;
    this.policyLearner = policyLearner;
    this.critic = critic;
    this.passes = passes;
    this.pretraining = pretraining;
  }

  /**
   * Updates policy and critic.
   *
   * @param objective of the policy
   * @param klCoefficient β of the KL in the loss; 0 for none
   */
  List<PpoUpdate> ofBoth(
      PolicyObjective objective,
      int step,
      Experience experience,
      MinibatchOrder order,
      double klCoefficient) {
    return each(
        step,
        experience,
        order,
        minibatch -> updateBoth(objective, step, minibatch, klCoefficient));
  }

  /** Updates the critic and leaves the policy as it is. */
  List<PpoUpdate> ofCritic(int step, Experience experience, MinibatchOrder order) {
    return each(step, experience, order, minibatch -> updateCritic(step, minibatch));
  }

  private List<PpoUpdate> each(
      int step,
      Experience experience,
      MinibatchOrder order,
      Function<Minibatch, PpoUpdate> update) {
    List<PpoUpdate> updates = new ArrayList<>();
    long before = (long) (step - 1) * settings.ppoEpochs() * settings.minibatches();
    for (int epoch = 0; epoch < settings.ppoEpochs(); epoch++) {
      for (IntPredicate chosen : order.minibatches(step, epoch)) {
        var parts = RolloutMicroBatch.of(experience.rollout(), chosen, tokenBudget);
        int tokens = parts.stream().mapToInt(part -> part.tokens().predicted()).sum();
        long number = before + updates.size() + 1;
        updates.add(update.apply(new Minibatch(experience, parts, tokens, number)));
      }
    }
    return updates;
  }

  private PpoUpdate updateBoth(
      PolicyObjective objective, int step, Minibatch minibatch, double klCoefficient) {
    MinibatchPasses.Passed passed = passes.ofBoth(objective, minibatch, klCoefficient);
    NonFiniteException.check("loss", passed.policyLoss() + passed.klLoss() + passed.valueLoss());
    double pretrainingLoss =
        pretraining.map(one -> one.accumulate(minibatch.number())).orElse(Double.NaN);
    double gradNorm = policyLearner.update(step);
    double valueGradNorm = critic.update(step);
    return new PpoUpdate(
        minibatch.tokens(),
        passed.policyLoss(),
        passed.klLoss(),
        passed.valueLoss(),
        pretrainingLoss,
        passed.ratios(),
        gradNorm,
        valueGradNorm);
  }

  private PpoUpdate updateCritic(int step, Minibatch minibatch) {
    double valueLoss = passes.ofCritic(minibatch);
    NonFiniteException.check("loss", valueLoss);
    return PpoUpdate.ofCritic(minibatch.tokens(), valueLoss, critic.update(step));
  }
}
