package org.rlhf4j.ppo;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.model.LogprobPass;
import org.rlhf4j.model.torch.Scalars;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.rollout.RolloutMicroBatch;
import org.rlhf4j.training.run.Metrics;

/**
 * PPO-KL (Schulman et al. 2017, section 4): −A ρ + β_s KL(π_old ‖ π_θ), the KL over the whole
 * vocabulary. After a batch's updates, with d the mean KL per token that they made,
 *
 * <pre>
 *   d &gt; 1.5 · target:   β_s ← 2 β_s
 *   d &lt; target / 1.5:   β_s ← β_s / 2
 * </pre>
 *
 * β_s stays from 1e-6 to 1e6.
 */
final class AdaptiveKlObjective implements PolicyObjective {
  /** The least β_s: one of 0 would never come back. */
  static final double LEAST = 1e-6;

  /** The largest β_s. */
  static final double LARGEST = 1e6;

  private static final double TOLERANCE = 1.5;
  private static final String COEFFICIENT = "step_kl_coefficient";

  private final LanguageModel policy;
  private final double target;
  private final double temperature;
  private final int tokenBudget;
  private OldPolicy old;
  private double coefficient;

  /**
   * An objective.
   *
   * @param policy whose updates it judges
   * @param target nats per token
   * @param coefficient β_s at the start
   * @param temperature of all probabilities
   * @param tokenBudget tokens of a forward pass
   */
  AdaptiveKlObjective(
      LanguageModel policy,
      double target,
      double coefficient,
      double temperature,
      int tokenBudget) {
    this.policy = policy;
    this.target = target;
    this.coefficient = coefficient;
    this.temperature = temperature;
    this.tokenBudget = tokenBudget;
  }

  @Override
  public void begin(Rollout rollout) {
    old = new OldPolicy(policy, rollout, temperature, tokenBudget);
  }

  @Override
  public NDArray loss(
      NDArray ratios, NDArray advantages, LogprobPass pass, RolloutMicroBatch batch) {
    NDArray kl = pass.divergencesFrom(old.states(batch), old.head());
    return advantages.neg().mul(ratios).add(Scalars.times(kl, coefficient));
  }

  @Override
  public Metrics end(Rollout rollout) {
    double kl = old.meanKl();
    old.close();
    Metrics metrics = new Metrics().put("step_kl", kl).put(COEFFICIENT, coefficient);
    coefficient = next(coefficient, kl, target);
    return metrics;
  }

  /** β_s after updates that moved the policy by so many nats per token. */
  static double next(double coefficient, double kl, double target) {
    if (kl > TOLERANCE * target) {
      return held(2 * coefficient);
    }
    return held(kl < target / TOLERANCE ? coefficient / 2 : coefficient);
  }

  private static double held(double coefficient) {
    return Math.max(LEAST, Math.min(LARGEST, coefficient));
  }

  @Override
  public Map<String, Double> counters() {
    return Map.of(COEFFICIENT, coefficient);
  }

  @Override
  public void restoreCounters(Map<String, Double> counters) {
    coefficient = held(counters.get(COEFFICIENT));
  }
}
