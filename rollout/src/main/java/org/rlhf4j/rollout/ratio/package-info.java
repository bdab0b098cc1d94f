/**
 * The ratio of a policy to the one that sampled: how far updates have moved it ({@link
 * org.rlhf4j.rollout.ratio.RatioStatistics}), the ratio with a cap that a replay takes ({@link
 * org.rlhf4j.rollout.ratio.TruncatedRatio}), and the loss that ppo and grpo clip by it ({@link
 * org.rlhf4j.rollout.ratio.ClippedSurrogate}).
 */
package org.rlhf4j.rollout.ratio;
