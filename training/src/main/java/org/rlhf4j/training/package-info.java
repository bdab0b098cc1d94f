/**
 * What every stage's loop shares. {@link org.rlhf4j.training.TrainingLoop} runs a {@link
 * org.rlhf4j.training.Stage} in a {@link org.rlhf4j.training.run.RunDirectory}: metrics, progress,
 * checkpoints, resume. {@link org.rlhf4j.training.optimizer.AdamW}, {@link
 * org.rlhf4j.training.optimizer.GradientNorm} and {@link
 * org.rlhf4j.training.optimizer.LearningRateSchedule} make an optimizer step.
 */
package org.rlhf4j.training;
