package org.rlhf4j.rollout.stage;

import org.rlhf4j.rollout.RolloutSettings;
import org.rlhf4j.rollout.kl.KlSettings;
import org.rlhf4j.training.LoopSettings;

/**
 * What a run of ppo or grpo takes from the settings of its stage.
 *
 * @param rollouts where rollouts come from, resolved
 * @param kl how the policy is held to the reference
 * @param loop how long the run is, its micro-batch tokens resolved
 * @param seed the run's
 * @param samples completions of a prompt
 * @param resample prompts that a step may sample in place of those whose rewards are all equal
 * @param samplerIsBehaviour whether the sampler is a behaviour policy of its own, so that π_old is
 *     the pass that is trained; always so where rounding takes the two apart, in bf16, and where
 *     servers sample
 */
public record PolicySettings(
    RolloutSettings rollouts,
    KlSettings kl,
    LoopSettings loop,
    long seed,
    int samples,
    int resample,
    boolean samplerIsBehaviour) {

  /** Tokens that go through a network at once. */
  int tokenBudget() {
    return loop.microBatchTokens();
  }
}
