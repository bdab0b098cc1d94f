/**
 * Stage 3a: PPO with a critic, held to a frozen reference by the KL. {@link
 * org.rlhf4j.ppo.PpoTrainer} makes the steps, {@link org.rlhf4j.ppo.PpoStage} runs them from files
 * to a model.
 *
 * <p>The formulas are functions without state: {@link org.rlhf4j.ppo.TokenRewards}, {@link
 * org.rlhf4j.ppo.Gae}, {@link org.rlhf4j.ppo.Whitening}, {@link org.rlhf4j.ppo.ValueLoss}, and the
 * clipped loss, {@link org.rlhf4j.rollout.ratio.ClippedSurrogate}. {@link
 * org.rlhf4j.ppo.MinibatchUpdates} adds up the parts of the loss. An {@link
 * org.rlhf4j.ppo.Objective} names what an update minimises for the policy; a {@link
 * org.rlhf4j.ppo.Critic} learns the values.
 */
package org.rlhf4j.ppo;
