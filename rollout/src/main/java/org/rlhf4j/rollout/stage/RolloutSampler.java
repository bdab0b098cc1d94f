package org.rlhf4j.rollout.stage;

import java.util.Map;
import java.util.Optional;
import org.rlhf4j.model.LanguageModel;
import org.rlhf4j.rollout.BehaviourWeights;
import org.rlhf4j.training.run.Metrics;

/**
 * What samples a run's completions: the policy, or a copy of it in another number format ({@code
 * --rollout-precision}). A copy is a behaviour policy μ, whose tokens are weighed ({@link
 * BehaviourWeights}). After a step at which the two were farther apart than {@value #FARTHEST} nats
 * a token, the policy itself samples.
 */
final class RolloutSampler {
  /** The largest mean |log π − log μ| of a step after which the copy still samples. */
  static final double FARTHEST = 0.05;

  private static final String LEFT = "rollout_precision_left";

  private final LanguageModel policy;
  private final Optional<LanguageModel> copy;
  private boolean left;

  /**
   * A sampler.
   *
   * @param policy is trained
   * @param copy of it in another number format; stays the caller's to close
   */
  RolloutSampler(LanguageModel policy, Optional<LanguageModel> copy) {
    this.policy = policy;
    this.copy = copy;
  }

  /** The model that samples the next step. */
  LanguageModel model() {
    return isCopy() ? copy.orElseThrow() : policy;
  }

  /** Whether a copy samples the next step. */
  boolean isCopy() {
    return copy.isPresent() && !left;
  }

  /** Makes the copy the policy as it stands. */
  void follow() {
    if (isCopy()) {
      copy.orElseThrow().parameters().set(policy.parameters());
    }
  }

  /**
   * Leaves the copy where it was too far from the policy.
   *
   * @param metrics of the step that was just made
   * @return the number format that sampled it, in bits, where there is a copy
   */
  Metrics after(Metrics metrics) {
    if (copy.isEmpty()) {
      return new Metrics();
    }
    Metrics sampled = new Metrics().put("sampler_bits", Byte.SIZE * model().precision().bytes());
    left |= metrics.get(BehaviourWeights.ERROR_MEAN).orElse(0) > FARTHEST;
    return sampled;
  }

  /** What later steps depend on: nothing without a copy. */
  Map<String, Double> counters() {
    return copy.isEmpty() ? Map.of() : Map.of(LEFT, left ? 1.0 : 0.0);
  }

  /** Takes over {@link #counters()} of a checkpoint. */
  void restoreCounters(Map<String, Double> counters) {
    left = counters.getOrDefault(LEFT, 0.0) != 0;
  }
}
