/**
 * What the stages ppo and grpo share. A {@link org.rlhf4j.rollout.stage.PolicyStage} learns from a
 * step's rollout and records both; its {@link org.rlhf4j.rollout.stage.PolicyRun} has the models
 * and makes the rollouts from a source, sampled or recorded; {@link
 * org.rlhf4j.rollout.stage.Proofs} hold before the first update.
 */
package org.rlhf4j.rollout.stage;
