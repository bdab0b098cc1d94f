/**
 * What PPO and GRPO learn from: a {@link org.rlhf4j.rollout.Rollout} is a batch of prompts, their
 * completions and, in plain arrays, what is known of each token; {@link
 * org.rlhf4j.rollout.RolloutScoring} has networks add to it. Around it are the packages that judge
 * completions, sample and replay them, write them down, compare them, and make the stages of them.
 */
package org.rlhf4j.rollout;
