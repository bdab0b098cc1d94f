package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Optional;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.model.torch.Scalars;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.rollout.ratio.RatioStatistics;

/** The passes of an update in this process, micro-batch by micro-batch. */
final class NetworkPasses implements MinibatchPasses {
  private final PpoSettings settings;
  private final PpoLoss loss;
  private final double temperature;
  private final LanguageModel policy;
  private final Critic critic;

  NetworkPasses(
      PpoSettings settings,
      KlSettings klSettings,
      double temperature,
      LanguageModel policy,
      Critic critic) {
    this.settings = settings;
    this.loss = new PpoLoss(settings, klSettings);
    this.temperature = temperature;
    this.policy = policy;
    this.critic = critic;
  }

  @Override
  public Passed ofBoth(PolicyObjective objective, Minibatch minibatch, double klCoefficient) {
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
    return new Passed(policyLoss, klLoss, valueLoss, ratios);
  }

  @Override
  public double ofCritic(Minibatch minibatch) {
    double valueLoss = 0;
    for (RolloutMicroBatch part : minibatch.parts()) {
      valueLoss += valuePass(minibatch, part);
    }
    return valueLoss;
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
    return Scalars.over(
        ValueLoss.of(values, old, returns, settings.valueClip()).sum(), minibatch.tokens());
  }
}
