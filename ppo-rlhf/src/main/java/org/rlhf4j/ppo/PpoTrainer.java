package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.model.ScalarModel;
import org.rlhf4j.model.ScalarPass;
import org.rlhf4j.rollout.KlController;
import org.rlhf4j.rollout.KlSettings;
import org.rlhf4j.rollout.RatioStatistics;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutMetrics;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.training.Learner;
import org.rlhf4j.training.Metrics;
import org.rlhf4j.training.NonFiniteException;

/** Proximal policy optimisation of a policy and its critic, one rollout batch a step. */
public final class PpoTrainer {
  private final PpoSettings settings;
  private final KlSettings klSettings;
  private final double temperature;
  private final int tokenBudget;
  private final LanguageModel policy;
  private final ScalarModel critic;
  private final Learner policyLearner;
  private final Learner criticLearner;
  private final KlController kl;

  /**
   * A trainer.
   *
   * @param settings PPO's own
   * @param klSettings how the policy is held to the reference
   * @param temperature of all log-probabilities
   * @param tokenBudget tokens of a micro-batch
   * @param policy is improved
   * @param critic learns the values
   * @param policyLearner updates the policy
   * @param criticLearner updates the critic
   */
  public PpoTrainer(
      PpoSettings settings,
      KlSettings klSettings,
      double temperature,
      int tokenBudget,
      LanguageModel policy,
      ScalarModel critic,
      Learner policyLearner,
      Learner criticLearner) {
    this.settings = settings;
    this.klSettings = klSettings;
    this.temperature = temperature;
    this.tokenBudget = tokenBudget;
    this.policy = policy;
    this.critic = critic;
    this.policyLearner = policyLearner;
    this.criticLearner = criticLearner;
    this.kl = klSettings.controller();
  }

  /** The KL coefficient's controller. */
  public KlController kl() {
    return kl;
  }

  /**
   * One step.
   *
   * @param step from 1
   * @param rollout sampled, scored, with the log-probabilities of policy and reference
   * @param scores the completions' scores, penalties subtracted
   * @param order which completions make which update
   * @return the batch as it was learnt from, and what was measured
   */
  public PpoStep step(int step, Rollout rollout, double[] scores, MinibatchOrder order) {
    // 1. The critic's values, unless they were recorded.
    Rollout valued = RolloutScoring.withValues(critic, rollout, tokenBudget);
    // 2. Token rewards, returns and whitened advantages.
    boolean inReward = klSettings.klIn() == KlSettings.KlIn.REWARD;
    double coefficient = kl.coefficient();
    Experience experience =
        Experience.of(
            valued,
            scores,
            inReward ? coefficient : 0,
            klSettings.klEstimator(),
            settings.gamma(),
            settings.lambda());
    // 3. K epochs of minibatch updates.
    List<PpoUpdate> updates = new ArrayList<>();
    for (int epoch = 0; epoch < settings.ppoEpochs(); epoch++) {
      for (IntPredicate minibatch : order.minibatches(step, epoch)) {
        updates.add(update(step, experience, minibatch, inReward ? 0 : coefficient));
      }
    }
    // 4. The KL coefficient for the next step.
    double measured = RolloutMetrics.kl(valued);
    kl.update(measured, valued.size());
    return new PpoStep(
        valued,
        experience.advantages(),
        updates,
        metrics(step, experience, measured, coefficient, updates));
  }

  /** One update of policy and critic on a share of the batch; losses are means over its tokens. */
  private PpoUpdate update(
      int step, Experience experience, IntPredicate minibatch, double lossCoefficient) {
    List<RolloutMicroBatch> batches =
        RolloutMicroBatch.of(experience.rollout(), minibatch, tokenBudget);
    int tokens = batches.stream().mapToInt(batch -> batch.tokens().predicted()).sum();
    RatioStatistics ratios = new RatioStatistics();
    double policyLoss = 0;
    double klLoss = 0;
    double valueLoss = 0;
    for (RolloutMicroBatch batch : batches) {
      Share share = policyPass(experience, batch, tokens, lossCoefficient, ratios);
      policyLoss += share.policyLoss();
      klLoss += share.klLoss();
      valueLoss += valuePass(experience, batch, tokens);
    }
    NonFiniteException.check("loss", policyLoss + klLoss + valueLoss);
    double gradNorm = policyLearner.update(step);
    double valueGradNorm = criticLearner.update(step);
    return new PpoUpdate(tokens, policyLoss, klLoss, valueLoss, ratios, gradNorm, valueGradNorm);
  }

  /** A micro-batch's share of two parts of the policy's loss. */
  private record Share(double policyLoss, double klLoss) {}

  /** Adds a micro-batch's share of the policy's loss to the gradients. */
  private Share policyPass(
      Experience experience,
      RolloutMicroBatch batch,
      int tokens,
      double lossCoefficient,
      RatioStatistics ratios) {
    float[] old = batch.flat(experience.oldLogprobs());
    float[] advantages = batch.flat(experience.advantages());
    boolean bonus = settings.entropyCoefficient() != 0;
    try (LogprobPass pass = policy.forward(batch.tokens(), temperature, bonus)) {
      NDArray logprobs = pass.logprobs();
      NDArray policyLoss =
          PpoLoss.policy(
                  logprobs,
                  pass.scope().create(old),
                  pass.scope().create(advantages),
                  settings.clip())
              .sum()
              .div(tokens);
      NDArray loss = policyLoss;
      if (bonus) {
        loss = loss.sub(pass.entropies().sum().mul(settings.entropyCoefficient() / tokens));
      }
      double klLoss = 0;
      if (lossCoefficient != 0) {
        NDArray reference = pass.scope().create(batch.flat(experience.refLogprobs()));
        NDArray estimate = klSettings.klEstimator().of(logprobs.sub(reference)).sum();
        loss = loss.add(estimate.mul(lossCoefficient / tokens));
        klLoss = estimate.getFloat() * lossCoefficient / tokens;
      }
      float[] now = logprobs.toFloatArray();
      float[] entropies = pass.entropies().toFloatArray();
      for (int t = 0; t < now.length; t++) {
        double logRatio = (double) now[t] - old[t];
        boolean clipped = PpoLoss.isClipped(logRatio, advantages[t], settings.clip());
        ratios.add(logRatio, entropies[t], clipped);
      }
      pass.backward(loss);
      return new Share(policyLoss.getFloat(), klLoss);
    }
  }

  /** Adds a micro-batch's share of the value loss to the critic's gradients; returns that share. */
  private double valuePass(Experience experience, RolloutMicroBatch batch, int tokens) {
    try (ScalarPass pass = critic.forwardValues(batch.tokens())) {
      NDArray loss =
          PpoLoss.value(
                  pass.scalars(),
                  pass.scope().create(batch.flat(experience.oldValues())),
                  pass.scope().create(batch.flat(experience.returns())),
                  settings.valueClip())
              .sum()
              .div(tokens);
      pass.backward(loss.mul(settings.valueCoefficient()));
      return loss.getFloat();
    }
  }

  private Metrics metrics(
      int step, Experience experience, double kl, double coefficient, List<PpoUpdate> updates) {
    PpoUpdate all = PpoUpdate.mean(updates);
    return new Metrics()
        .put(
            "loss",
            all.policyLoss()
                + all.klLoss()
                + settings.valueCoefficient() * all.valueLoss()
                - settings.entropyCoefficient() * all.ratios().entropy())
        .putAll(RolloutMetrics.of(experience.rollout()))
        .put("penalized_reward", experience.penalizedReward())
        .put("kl", kl)
        .put("kl_coefficient", coefficient)
        .put("entropy", all.ratios().entropy())
        .put("policy_loss", all.policyLoss())
        .put("value_loss", all.valueLoss())
        .put("clip_fraction", all.ratios().clipFraction())
        .put("approx_kl", all.ratios().approxKl())
        .put("ratio_mean", all.ratios().ratioMean())
        .put("ratio_max", all.ratios().ratioMax())
        .put("explained_variance", experience.explainedVariance())
        .put("grad_norm", all.gradNorm())
        .put("value_grad_norm", all.valueGradNorm())
        .put("learning_rate", policyLearner.learningRate(step));
  }
}
