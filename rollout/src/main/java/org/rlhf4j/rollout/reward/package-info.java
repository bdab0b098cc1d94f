/**
 * What judges completions: a {@link org.rlhf4j.rollout.reward.Reward} is a reward model, a program
 * or a weighted sum. {@link org.rlhf4j.rollout.reward.RewardPrograms} are those of a run's {@code
 * --reward}, opened and tried on rows before a model is loaded.
 */
package org.rlhf4j.rollout.reward;
