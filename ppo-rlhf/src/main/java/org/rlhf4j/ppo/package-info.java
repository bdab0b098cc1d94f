/**
 * Stage 3a: PPO with a critic, held to a frozen reference by the KL. {@link
 * org.rlhf4j.ppo.PpoTrainer} makes the steps, {@link org.rlhf4j.ppo.PpoStage} runs them from files
 * to a model.
 *
 * <p>The formulas are functions without state: {@link org.rlhf4j.ppo.TokenRewards}, {@link
 * org.rlhf4j.ppo.Gae}, {@link org.rlhf4j.ppo.Whitening}, {@link org.rlhf4j.ppo.ValueLoss}. What an
 * update minimises is an {@link org.rlhf4j.ppo.Objective}, what learns the values a {@link
 * org.rlhf4j.ppo.Critic}.
 */
package org.rlhf4j.ppo;
