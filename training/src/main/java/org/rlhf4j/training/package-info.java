/**
 * What every stage's loop shares. {@link org.rlhf4j.training.TrainingLoop} runs a {@link
 * org.rlhf4j.training.Stage} in a {@link org.rlhf4j.training.RunDirectory}: metrics, progress,
 * checkpoints, resume. {@link org.rlhf4j.training.AdamW}, {@link org.rlhf4j.training.GradientNorm}
 * and {@link org.rlhf4j.training.LearningRateSchedule} make an optimizer step.
 */
package org.rlhf4j.training;
