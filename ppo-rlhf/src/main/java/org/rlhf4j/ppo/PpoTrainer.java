package org.rlhf4j.ppo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.Completion;
import org.rlhf4j.rollout.MinibatchOrder;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutMetrics;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.rollout.RolloutScoring;
import org.rlhf4j.rollout.kl.KlController;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.rollout.stage.LearntStep;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.run.Metrics;

/** Proximal policy optimisation of a policy and its critic, one rollout batch a step. */
public final class PpoTrainer {
  private static final String KL_COEFFICIENT = "kl_coefficient";

  private final PpoSettings settings;
  private final KlSettings klSettings;
  private final int tokenBudget;
  private final Learner policyLearner;
  private final Critic critic;
  private final KlController kl;
  private final PolicyObjective objective;
  private final MinibatchUpdates minibatches;
  private final TrustRegion trustRegion;
  private final Optional<Pretraining> pretraining;

  /**
   * A trainer without a language-modelling batch.
   *
   * @param settings PPO's own
   * @param klSettings how the policy is held to the reference
   * @param temperature of all log-probabilities
   * @param tokenBudget tokens of a micro-batch
   * @param policy is improved
   * @param policyLearner updates the policy
   * @param critic learns the values
   */
  public PpoTrainer(
      PpoSettings settings,
      KlSettings klSettings,
      double temperature,
      int tokenBudget,
      LanguageModel policy,
      Learner policyLearner,
      Critic critic) {
    this(
        settings,
        klSettings,
        temperature,
        tokenBudget,
        policy,
        policyLearner,
        critic,
        Optional.empty());
  }

  /**
   * A trainer.
   *
   * @param settings PPO's own
   * @param klSettings how the policy is held to the reference
   * @param temperature of all log-probabilities
   * @param tokenBudget tokens of a micro-batch
   * @param policy is improved
   * @param policyLearner updates the policy
   * @param critic learns the values
   * @param pretraining the language-modelling batch of each update of the policy
   */
  public PpoTrainer(
      PpoSettings settings,
      KlSettings klSettings,
      double temperature,
      int tokenBudget,
      LanguageModel policy,
      Learner policyLearner,
      Critic critic,
      Optional<Pretraining> pretraining) {
    this(
        settings,
        klSettings,
        temperature,
        tokenBudget,
        policy,
        policyLearner,
        critic,
        pretraining,
        new NetworkPasses(settings, klSettings, temperature, policy, critic));
  }

  /**
   * A trainer whose passes are computed in a way of their own.
   *
   * @param settings PPO's own
   * @param klSettings how the policy is held to the reference
   * @param temperature of all log-probabilities
   * @param tokenBudget tokens of a micro-batch
   * @param policy is improved
   * @param policyLearner updates the policy
   * @param critic learns the values
   * @param pretraining the language-modelling batch of each update of the policy
   * @param passes collect the gradients of policy and critic
   */
  PpoTrainer(
      PpoSettings settings,
      KlSettings klSettings,
      double temperature,
      int tokenBudget,
      LanguageModel policy,
      Learner policyLearner,
      Critic critic,
      Optional<Pretraining> pretraining,
      MinibatchPasses passes) {
    this.pretraining = pretraining;
    this.settings = settings;
    this.klSettings = klSettings;
    this.tokenBudget = tokenBudget;
    this.policyLearner = policyLearner;
    this.critic = critic;
    this.kl = klSettings.controller();
    this.objective =
        settings.objective() == Objective.ADAPTIVE_KL
            ? new AdaptiveKlObjective(
                policy,
                settings.stepKlTarget(),
                settings.stepKlCoefficient(),
                temperature,
                tokenBudget)
            : objective(settings);
    this.minibatches =
        new MinibatchUpdates(settings, tokenBudget, policyLearner, critic, passes, pretraining);
    this.trustRegion =
        settings.objective().takesMinibatches()
            ? null
            : new TrustRegion(
                policy, settings.stepKlTarget(), temperature, tokenBudget, settings.maxRatio());
  }

  /** The objective of settings by which it needs nothing of the policy beside the ratios. */
  static PolicyObjective objective(PpoSettings settings) {
    return settings.objective() == Objective.CLIP
        ? new ClippedObjective(settings.clip(), settings.dualClip())
        : new VanillaObjective();
  }

  /** The KL coefficient's controller. */
  public KlController kl() {
    return kl;
  }

  /** Numbers that later steps depend on, by name. */
  public Map<String, Double> counters() {
    Map<String, Double> counters = new HashMap<>(objective.counters());
    counters.put(KL_COEFFICIENT, kl.coefficient());
    return counters;
  }

  /** Takes over {@link #counters()} of a checkpoint. */
  public void restoreCounters(Map<String, Double> counters) {
    objective.restoreCounters(counters);
    kl.restore(counters.get(KL_COEFFICIENT));
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
  public LearntStep<PpoUpdate> step(
      int step, Rollout rollout, double[] scores, MinibatchOrder order) {
    // 1. The critic's values, unless they were recorded.
    Rollout valued = RolloutScoring.withValues(critic::values, rollout, tokenBudget);
    // 2. Token rewards, returns and advantages.
    boolean inReward = klSettings.klIn() == KlSettings.KlIn.REWARD;
    double coefficient = kl.coefficient();
    Experience experience =
        Experience.of(
            valued,
            scores,
            inReward ? coefficient : 0,
            klSettings.klEstimator(),
            AdvantageRule.of(settings),
            settings.maxBehaviourRatio(),
            settings.bootstrapCut() ? lastValues(valued) : null);
    // 3. Updates of policy and critic, as the objective says; in the warm-up only of the critic.
    Updates updates = updates(step, experience, order, inReward ? 0 : coefficient);
    // 4. The KL coefficient for the next step.
    Rollout fresh = valued.fresh();
    Metrics measured = RolloutMetrics.kls(fresh).put(KL_COEFFICIENT, coefficient);
    kl.update(RolloutMetrics.kl(fresh), fresh.size());
    return new LearntStep<>(
        valued,
        experience.advantages(),
        updates.all(),
        metrics(step, experience, measured, updates));
  }

  /**
   * V(x, y) of completions that were cut: what the critic expects of them beyond their last token.
   *
   * @return one per completion; 0 for those that ended
   */
  double[] lastValues(Rollout rollout) {
    List<Completion> completions = rollout.completions();
    double[] last = new double[completions.size()];
    for (RolloutMicroBatch batch :
        RolloutMicroBatch.of(rollout, i -> !completions.get(i).ended(), tokenBudget)) {
      float[] values = critic.lastValues(batch.tokens());
      for (int i = 0; i < values.length; i++) {
        last[batch.completions()[i]] = values[i];
      }
    }
    return last;
  }

  /** A step's updates, and what the objective measured of them. */
  private record Updates(List<PpoUpdate> all, Metrics measured) {}

  private Updates updates(
      int step, Experience experience, MinibatchOrder order, double klCoefficient) {
    if (step <= settings.criticWarmupSteps()) {
      return new Updates(minibatches.ofCritic(step, experience, order), new Metrics());
    }
    if (trustRegion != null) {
      TrustRegion.Made made = trustRegion.step(experience);
      List<PpoUpdate> all = new ArrayList<>(List.of(made.update()));
      all.addAll(minibatches.ofCritic(step, experience, order));
      return new Updates(all, made.metrics());
    }
    objective.begin(experience.rollout());
    List<PpoUpdate> all = minibatches.ofBoth(objective, step, experience, order, klCoefficient);
    return new Updates(all, objective.end(experience.rollout()));
  }

  private Metrics metrics(int step, Experience experience, Metrics kls, Updates updates) {
    PpoUpdate all = PpoUpdate.mean(updates.all());
    double policyLoss =
        all.hasPolicy()
            ? all.policyLoss()
                + all.klLoss()
                - settings.entropyCoefficient() * all.ratios().entropy()
                + pretraining.map(one -> one.coefficient() * all.pretrainingLoss()).orElse(0.0)
            : 0;
    Metrics metrics =
        new Metrics()
            .put("loss", policyLoss + settings.valueCoefficient() * all.valueLoss())
            .putAll(RolloutMetrics.of(experience.rollout().fresh()))
            .put("penalized_reward", experience.penalizedReward())
            .putAll(kls);
    if (all.hasPolicy()) {
      metrics
          .put("entropy", all.ratios().entropy())
          .put("policy_loss", all.policyLoss())
          .put("clip_fraction", all.ratios().clipFraction())
          .put("approx_kl", all.ratios().approxKl())
          .put("ratio_mean", all.ratios().ratioMean())
          .put("ratio_max", all.ratios().ratioMax())
          .put("on_policy_error", updates.all().get(0).ratios().farthest())
          .putAll(all.ratios().replayedMetrics())
          .put("grad_norm", all.gradNorm());
    }
    if (pretraining.isPresent() && all.hasPolicy()) {
      metrics.put("pretraining_loss", all.pretrainingLoss());
    }
    return metrics
        .putAll(experience.behaviour().measured())
        .put("value_loss", all.valueLoss())
        .put("explained_variance", experience.explainedVariance())
        .put("value_grad_norm", all.valueGradNorm())
        .putAll(updates.measured())
        .put("learning_rate", policyLearner.learningRate(step));
  }
}
