package org.rlhf4j.grpo;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.MinibatchOrder;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutMetrics;
import org.rlhf4j.rollout.kl.KlController;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.rollout.ratio.RatioStatistics;
import org.rlhf4j.rollout.stage.LearntStep;
import org.rlhf4j.settings.UserException;
import org.rlhf4j.training.optimizer.Learner;
import org.rlhf4j.training.optimizer.NonFiniteException;
import org.rlhf4j.training.run.Metrics;

/** Group-relative policy optimisation: no critic, one rollout batch a step. */
public final class GrpoTrainer {
  private static final String KL_COEFFICIENT = "kl_coefficient";

  private final GrpoSettings settings;
  private final KlSettings klSettings;
  private final int maxNewTokens;
  private final UpdatePasses passes;
  private final Learner learner;
  private final KlController kl;
  private final Advantages advantages;

  /**
   * A trainer whose advantages are of whole rewards.
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
    this(settings, klSettings, temperature, maxNewTokens, tokenBudget, policy, learner, Map.of());
  }

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
   * @param rewardWeights by name the weight of each part of the rewards; advantages of each part
   *     need them
   */
  public GrpoTrainer(
      GrpoSettings settings,
      KlSettings klSettings,
      double temperature,
      int maxNewTokens,
      int tokenBudget,
      LanguageModel policy,
      Learner learner,
      Map<String, Double> rewardWeights) {
    this(
        settings,
        klSettings,
        maxNewTokens,
        learner,
        rewardWeights,
        new PolicyPasses(settings, klSettings, temperature, tokenBudget, policy));
  }

  /**
   * A trainer whose passes are computed in a way of their own.
   *
   * @param settings GRPO's own
   * @param klSettings how the policy is held to the reference
   * @param maxNewTokens the most tokens of a completion
   * @param learner updates the policy
   * @param rewardWeights by name the weight of each part of the rewards
   * @param passes collect the policy's gradients
   */
  GrpoTrainer(
      GrpoSettings settings,
      KlSettings klSettings,
      int maxNewTokens,
      Learner learner,
      Map<String, Double> rewardWeights,
      UpdatePasses passes) {
    this.settings = settings;
    this.klSettings = klSettings;
    this.maxNewTokens = maxNewTokens;
    this.learner = learner;
    this.kl = klSettings.controller();
    this.advantages = settings.advantages(rewardWeights);
    this.passes = passes;
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
   * One step, its minibatches shuffled with the seed 0.
   *
   * @param step from 1
   * @param rollout sampled, scored, with the log-probabilities of policy and reference
   * @param scores the completions' scores, penalties subtracted
   * @return the batch with its advantages, all of a completion equal unless rewards are paid at
   *     tokens, and what was measured
   */
  public LearntStep<GrpoUpdate> step(int step, Rollout rollout, double[] scores) {
    int groups = rollout.groups().size();
    return step(step, rollout, scores, MinibatchOrder.shuffled(groups, settings.minibatches(), 0));
  }

  /**
   * One step.
   *
   * @param step from 1
   * @param rollout sampled, scored, with the log-probabilities of policy and reference
   * @param scores the completions' scores, penalties subtracted
   * @param order which groups make which update
   * @return the batch with its advantages, all of a completion equal unless rewards are paid at
   *     tokens, and what was measured
   */
  public LearntStep<GrpoUpdate> step(
      int step, Rollout rollout, double[] scores, MinibatchOrder order) {
    if (rollout.hasTokenRewards() && settings.loss().isSequenceLevel()) {
      throw new UserException(
          "--reward gives rewards of tokens or lines, but --loss gspo and sequence know only whole"
              + " completions; choose another --loss");
    }
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
    // 2. Updates, each on its minibatch.
    Updates updates = updates(step, experience, order, inReward ? 0 : coefficient);
    // 3. The KL coefficient, and what else the next step depends on.
    Rollout fresh = rollout.fresh();
    kl.update(RolloutMetrics.kl(fresh), fresh.size());
    advantages.end(experience.rewards());
    return new LearntStep<>(
        rollout,
        experience.tokenAdvantages(),
        updates.all(),
        metrics(step, experience, coefficient, updates));
  }

  /**
   * A step's updates.
   *
   * @param all those made, at least one
   * @param leftOut how many weren't, since the policy had gone far enough
   */
  private record Updates(List<GrpoUpdate> all, int leftOut) {}

  private Updates updates(
      int step, GroupExperience experience, MinibatchOrder order, double coefficient) {
    List<IntPredicate> minibatches = new ArrayList<>();
    for (int pass = 0; pass < settings.updatesPerBatch(); pass++) {
      minibatches.addAll(order.minibatches(step, pass));
    }
    List<GrpoUpdate> made = new ArrayList<>();
    for (IntPredicate groups : minibatches) {
      Optional<GrpoUpdate> update =
          update(step, experience.of(groups), coefficient, made.isEmpty());
      if (update.isEmpty()) {
        break;
      }
      made.add(update.get());
    }
    return new Updates(made, minibatches.size() - made.size());
  }

  /** An update, unless the policy went too far before it; the first of a step is always made. */
  private Optional<GrpoUpdate> update(
      int step, GroupExperience experience, double coefficient, boolean isFirst) {
    UpdatePasses.Passed passed = passes.of(experience, coefficient);
    RatioStatistics ratios = passed.ratios();
    NonFiniteException.check("loss", passed.policyLoss() + passed.klLoss());
    if (settings.maxStepKl() != null && !isFirst && ratios.approxKl() > settings.maxStepKl()) {
      learner.discard();
      return Optional.empty();
    }
    return Optional.of(
        new GrpoUpdate(
            passed.policyLoss(), passed.klLoss(), passed.entropy(), ratios, learner.update(step)));
  }

  private Metrics metrics(
      int step, GroupExperience experience, double coefficient, Updates updates) {
    GrpoUpdate all = GrpoUpdate.mean(updates.all());
    Metrics leftOut = new Metrics();
    if (settings.maxStepKl() != null) {
      leftOut.put("updates_left_out", updates.leftOut());
    }
    return new Metrics()
        .put("loss", loss(all, coefficient))
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
        .put("on_policy_error", updates.all().get(0).ratios().farthest())
        .putAll(experience.behaviour().measured())
        .putAll(all.ratios().replayedMetrics())
        .putAll(leftOut)
        .put("equal_reward_groups", experience.equalRewardGroups())
        .put("grad_norm", all.gradNorm())
        .put("learning_rate", learner.learningRate(step));
  }

  private double loss(GrpoUpdate all, double coefficient) {
    boolean inLoss = klSettings.klIn() == KlSettings.KlIn.LOSS;
    double loss = all.policyLoss() + (inLoss ? coefficient * all.klLoss() : 0);
    return loss - settings.entropyCoefficient() * all.weighedEntropy();
  }
}
