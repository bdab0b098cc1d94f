package org.rlhf4j.grpo;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutMetrics;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.rollout.kl.KlController;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.rollout.ratio.ClippedSurrogate;
import org.rlhf4j.rollout.ratio.RatioStatistics;
import org.rlhf4j.rollout.ratio.TruncatedRatio;
import org.rlhf4j.rollout.stage.LearntStep;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.NonFiniteException;
import org.rlhf4j.training.run.Metrics;

/** Group-relative policy optimisation: no critic, one rollout batch a step. */
public final class GrpoTrainer {
  private static final String KL_COEFFICIENT = "kl_coefficient";

  private final GrpoSettings settings;
  private final KlSettings klSettings;
  private final double temperature;
  private final int maxNewTokens;
  private final int tokenBudget;
  private final LanguageModel policy;
  private final Learner learner;
  private final KlController kl;
  private final Advantages advantages;
  private final ClippedSurrogate surrogate;

  /**
   * A trainer.
   *
   * @param settings GRPO's own
   * @param klSettings how the policy is held to the reference
   * @param temperature of all log-probabilities
   * @param maxNewTokens the most tokens of a completion
   * @param tokenBudget tokens of a micro-batch
   * @param policy is improved
   * @param learner updates it
   */
  public GrpoTrainer(
      GrpoSettings settings,
      KlSettings klSettings,
      double temperature,
      int maxNewTokens,
      int tokenBudget,
      LanguageModel policy,
      Learner learner) {
    this.settings = settings;
    this.klSettings = klSettings;
    this.temperature = temperature;
    this.maxNewTokens = maxNewTokens;
    this.tokenBudget = tokenBudget;
    this.policy = policy;
    this.learner = learner;
    this.kl = klSettings.controller();
    this.advantages = settings.advantage().start();
    this.surrogate = new ClippedSurrogate(settings.clipLow(), settings.clipHigh(), null);
  }

  /** The KL coefficient's controller. */
  public KlController kl() {
    return kl;
  }

  /** Numbers that later steps depend on, by name. */
  public Map<String, Double> counters() {
    Map<String, Double> counters = new HashMap<>(advantages.counters());
    counters.put(KL_COEFFICIENT, kl.coefficient());
    return counters;
  }

  /** Takes over {@link #counters()} of a checkpoint. */
  public void restoreCounters(Map<String, Double> counters) {
    advantages.restoreCounters(counters);
    kl.restore(counters.get(KL_COEFFICIENT));
  }

  /**
   * One step.
   *
   * @param step from 1
   * @param rollout sampled, scored, with the log-probabilities of policy and reference
   * @param scores the completions' scores, penalties subtracted
   * @return the batch with its advantages, all of a completion equal, and what was measured
   */
  public LearntStep<GrpoUpdate> step(int step, Rollout rollout, double[] scores) {
    // 1. Advantages within each group.
    boolean inReward = klSettings.klIn() == KlSettings.KlIn.REWARD;
    double coefficient = kl.coefficient();
    GroupExperience experience =
        GroupExperience.of(
            rollout,
            scores,
            inReward ? coefficient : 0,
            klSettings.klEstimator(),
            advantages,
            settings.maskCutCompletions(),
            maxNewTokens,
            settings.maxBehaviourRatio());
    // 2. Updates on the whole batch.
    List<GrpoUpdate> updates = new ArrayList<>();
    for (int i = 0; i < settings.updatesPerBatch(); i++) {
      updates.add(update(step, experience, inReward ? 0 : coefficient));
    }
    // 3. The KL coefficient, and what else the next step depends on.
    Rollout fresh = rollout.fresh();
    kl.update(RolloutMetrics.kl(fresh), fresh.size());
    advantages.end(experience.rewards());
    return new LearntStep<>(
        rollout,
        experience.tokenAdvantages(),
        updates,
        metrics(step, experience, coefficient, updates));
  }

  private GrpoUpdate update(int step, GroupExperience experience, double coefficient) {
    double[] weights = experience.weights(settings.loss());
    RatioStatistics ratios = new RatioStatistics();
    double policyLoss = 0;
    double klLoss = 0;
    for (RolloutMicroBatch batch :
        RolloutMicroBatch.of(experience.rollout(), i -> experience.takesPart()[i], tokenBudget)) {
      Share share = pass(experience, batch, weights, coefficient, ratios);
      policyLoss += share.policyLoss();
      klLoss += share.klLoss();
    }
    NonFiniteException.check("loss", policyLoss + klLoss);
    return new GrpoUpdate(policyLoss, klLoss, ratios, learner.update(step));
  }

  /** A micro-batch's share of the two parts of the loss. */
  private record Share(double policyLoss, double klLoss) {}

  /** Adds a micro-batch's share of the loss to the gradients. */
  private Share pass(
      GroupExperience experience,
      RolloutMicroBatch batch,
      double[] weights,
      double coefficient,
      RatioStatistics ratios) {
    try (LogprobPass pass = policy.forward(batch.tokens(), temperature, false)) {
      NDArray logprobs = pass.logprobs();
      NDArray weight = pass.scope().create(batch.spread(weights));
      NDArray old = pass.scope().create(batch.flat(experience.oldLogprobs()));
      NDArray reference = pass.scope().create(batch.flat(experience.refLogprobs()));
      NDArray advantages = pass.scope().create(batch.flat(experience.policyAdvantages()));
      NDArray tokenLogRatios = logprobs.sub(old);
      NDArray ratio =
          TruncatedRatio.of(
              settings.loss().logRatios(tokenLogRatios, batch.tokens()), settings.maxRatio());
      NDArray policyLoss = surrogate.loss(ratio, advantages).mul(weight).sum();
      NDArray estimate = klSettings.klEstimator().of(logprobs.sub(reference));
      if (klSettings.klRatioCorrection()) {
        NDArray behaviour = pass.scope().create(batch.flat(experience.behaviour().tokens()));
        estimate =
            estimate.mul(TruncatedRatio.of(tokenLogRatios, settings.maxRatio())).mul(behaviour);
      }
      NDArray klLoss = estimate.mul(weight).sum();
      float[] flatRatio = ratio.toFloatArray();
      float[] advantage = advantages.toFloatArray();
      ratios.addAll(
          tokenLogRatios,
          pass.entropies(),
          t -> surrogate.isClipped(flatRatio[t], advantage[t]),
          batch.spread(experience.rollout().replayed()));
      pass.backward(coefficient == 0 ? policyLoss : policyLoss.add(klLoss.mul(coefficient)));
      return new Share(policyLoss.getFloat(), klLoss.getFloat());
    }
  }

  private Metrics metrics(
      int step, GroupExperience experience, double coefficient, List<GrpoUpdate> updates) {
    GrpoUpdate all = GrpoUpdate.mean(updates);
    boolean inLoss = klSettings.klIn() == KlSettings.KlIn.LOSS;
    return new Metrics()
        .put("loss", all.policyLoss() + (inLoss ? coefficient * all.klLoss() : 0))
        .putAll(RolloutMetrics.of(experience.rollout().fresh()))
        .put("penalized_reward", experience.penalizedReward())
        .putAll(RolloutMetrics.kls(experience.rollout().fresh()))
        .put(KL_COEFFICIENT, coefficient)
        .put("entropy", all.ratios().entropy())
        .put("policy_loss", all.policyLoss())
        .put("kl_loss", all.klLoss())
        .put("clip_fraction", all.ratios().clipFraction())
        .put("approx_kl", all.ratios().approxKl())
        .put("ratio_mean", all.ratios().ratioMean())
        .put("ratio_max", all.ratios().ratioMax())
        .put("on_policy_error", updates.get(0).ratios().farthest())
        .putAll(experience.behaviour().measured())
        .putAll(all.ratios().replayedMetrics())
        .put("equal_reward_groups", experience.equalRewardGroups())
        .put("grad_norm", all.gradNorm())
        .put("learning_rate", learner.learningRate(step));
  }
}
