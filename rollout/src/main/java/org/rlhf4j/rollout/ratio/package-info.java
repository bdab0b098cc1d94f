/**
 * The ratio of a policy to the one that sampled: how far updates have moved it ({@link
 * org.rlhf4j.rollout.ratio.RatioStatistics}), and the loss that ppo and grpo clip by it ({@link
 * org.rlhf4j.rollout.ratio.ClippedSurrogate}).
 */
package org.rlhf4j.rollout.ratio;
