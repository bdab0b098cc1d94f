/**
 * What PPO and GRPO learn from: completions sampled by the policy ({@link
 * org.rlhf4j.rollout.SampledRollouts}) or recorded ({@link org.rlhf4j.rollout.ReplayedRollouts}),
 * judged by a {@link org.rlhf4j.rollout.Reward}, with the log-probabilities of policy and reference
 * ({@link org.rlhf4j.rollout.RolloutScoring}) and the KL between them ({@link
 * org.rlhf4j.rollout.KlEstimator}). All of it is one {@link org.rlhf4j.rollout.Rollout}, a batch of
 * plain arrays; {@link org.rlhf4j.rollout.PolicyRun} makes one from files for each step of a stage.
 */
package org.rlhf4j.rollout;
