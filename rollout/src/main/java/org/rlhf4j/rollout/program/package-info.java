/**
 * Rewards that are programs. A {@link org.rlhf4j.rollout.program.RewardProgram} judges one
 * completion as text: those that come along are constants of {@link
 * org.rlhf4j.rollout.program.ProgramKind}, a user's own is a class or a command. {@link
 * org.rlhf4j.rollout.program.WeightedProgram} is how settings name one.
 */
package org.rlhf4j.rollout.program;
