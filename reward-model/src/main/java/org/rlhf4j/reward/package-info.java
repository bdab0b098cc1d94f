/**
 * Stage 2: a Bradley-Terry reward model, and what it is worth. {@link
 * org.rlhf4j.reward.RewardTrainer} makes the steps, {@link org.rlhf4j.reward.RewardStage} runs them
 * from files to a model, {@link org.rlhf4j.reward.RewardEvaluation} judges it on held-out pairs,
 * {@link org.rlhf4j.reward.Scorer} and {@link org.rlhf4j.reward.Manifest} are what later stages use
 * of it.
 */
package org.rlhf4j.reward;
