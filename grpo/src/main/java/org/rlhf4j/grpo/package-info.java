/**
 * Stage 3b: GRPO and its relatives, which compare the completions of a prompt with each other and
 * need no critic. {@link org.rlhf4j.grpo.GrpoTrainer} makes the steps, {@link
 * org.rlhf4j.grpo.GrpoStage} runs them from files to a model. {@link
 * org.rlhf4j.grpo.GroupAdvantages} and {@link org.rlhf4j.grpo.GrpoLoss} have the variants as
 * constants, chosen once.
 */
package org.rlhf4j.grpo;
