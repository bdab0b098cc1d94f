package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.rollout.MinibatchOrder;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.rollout.ratio.RatioStatistics;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.NonFiniteException;

/**
 * K epochs of minibatch updates of policy and critic, or of the critic alone. Losses are means over
 * the minibatch's tokens, added up over its micro-batches.
 */
final class MinibatchUpdates {
  private final PpoSettings settings;
  private final PpoLoss loss;
  private final double temperature;
  private final int tokenBudget;
  private final LanguageModel policy;
  private final Learner policyLearner;
  private final Critic critic;
  private final Optional<Pretraining> pretraining;

  MinibatchUpdates(
      PpoSettings settings,
      KlSettings klSettings,
      double temperature,
      int tokenBudget,
      LanguageModel policy,
      Learner policyLearner,
      Critic critic,
      Optional<Pretraining> pretraining) {
    this.settings = settings;
    this.loss = new PpoLoss(settings, klSettings);
    this.temperature = temperature;
    this.tokenBudget = tokenBudget;
    this.policy = policy;
    this.policyLearner = policyLearner;
    this.critic = critic;
    this.pretraining = pretraining;
  }

  /** A share of a batch: its micro-batches, its number of tokens, and its number in the run. */
  private record Minibatch(
      Experience experience, List<RolloutMicroBatch> parts, int tokens, long number) {}

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
    RatioStatistics ratios = new RatioStatistics();
    double policyLoss = 0;
    double klLoss = 0;
    double valueLoss = 0;
    for (RolloutMicroBatch part : minibatch.parts()) {
      Share share = policyPass(objective, minibatch, part, klCoefficient, ratios);
      policyLoss += share.policyLoss();
      klLoss += share.klLoss();
      valueLoss +=
          share.valueLoss().isPresent() ? share.valueLoss().get() : valuePass(minibatch, part);
    }
    NonFiniteException.check("loss", policyLoss + klLoss + valueLoss);
    double pretrainingLoss =
        pretraining.map(one -> one.accumulate(minibatch.number())).orElse(Double.NaN);
    double gradNorm = policyLearner.update(step);
    double valueGradNorm = critic.update(step);
    return new PpoUpdate(
        minibatch.tokens(),
        policyLoss,
        klLoss,
        valueLoss,
        pretrainingLoss,
        ratios,
        gradNorm,
        valueGradNorm);
  }

  private PpoUpdate updateCritic(int step, Minibatch minibatch) {
    double valueLoss = 0;
    for (RolloutMicroBatch part : minibatch.parts()) {
      valueLoss += valuePass(minibatch, part);
    }
    NonFiniteException.check("loss", valueLoss);
    return PpoUpdate.ofCritic(minibatch.tokens(), valueLoss, critic.update(step));
  }

  /**
   * A micro-batch's share of the parts of the loss; without the value loss of a separate critic.
   */
  private record Share(double policyLoss, double klLoss, Optional<Double> valueLoss) {}

  /** Adds a micro-batch's share of the policy's loss to the gradients. */
  private Share policyPass(
      PolicyObjective objective,
      Minibatch minibatch,
      RolloutMicroBatch part,
      double klCoefficient,
      RatioStatistics ratios) {
    try (LogprobPass pass = policy.forward(part.tokens(), temperature, loss.hasEntropyBonus())) {
      PpoLoss.Tokens tokens = tokens(minibatch, part, pass.scope());
      Optional<NDArray> valueLoss =
          critic.valuesIn(pass).map(values -> valueLoss(values, pass.scope(), minibatch, part));
      PpoLoss.Made made = loss.of(objective, pass, tokens, klCoefficient, valueLoss);
      float[] ratio = made.ratios().toFloatArray();
      float[] advantage = tokens.advantages().toFloatArray();
      ratios.addAll(
          made.logRatios(),
          pass.entropies(),
          t -> objective.isClipped(ratio[t], advantage[t]),
          part.spread(minibatch.experience().rollout().replayed()));
      pass.backward(made.loss());
      return new Share(
          made.policyLoss().getFloat(),
          made.klLoss(),
          valueLoss.map(value -> (double) value.getFloat()));
    }
  }

  private static PpoLoss.Tokens tokens(
      Minibatch minibatch, RolloutMicroBatch part, NDManager scope) {
    Experience experience = minibatch.experience();
    return new PpoLoss.Tokens(
        part,
        scope.create(part.flat(experience.oldLogprobs())),
        scope.create(part.flat(experience.refLogprobs())),
        scope.create(part.flat(experience.policyAdvantages())),
        scope.create(part.flat(experience.behaviour().tokens())),
        minibatch.tokens());
  }

  /** Adds a micro-batch's share of the value loss to the critic's gradients; returns that share. */
  private double valuePass(Minibatch minibatch, RolloutMicroBatch part) {
    return critic.accumulate(
        part.tokens(),
        settings.valueCoefficient(),
        (values, scope) -> valueLoss(values, scope, minibatch, part));
  }

  private NDArray valueLoss(
      NDArray values, NDManager scope, Minibatch minibatch, RolloutMicroBatch part) {
    NDArray old = scope.create(part.flat(minibatch.experience().oldValues()));
    NDArray returns = scope.create(part.flat(minibatch.experience().returns()));
    return ValueLoss.of(values, old, returns, settings.valueClip()).sum().div(minibatch.tokens());
  }
}
