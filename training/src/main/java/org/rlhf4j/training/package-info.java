/**
 * What every stage shares. {@link org.rlhf4j.training.StageRun} runs a {@link
 * org.rlhf4j.training.StageType} with its configuration, or plans it; {@link
 * org.rlhf4j.training.TrainingLoop} makes the steps of its {@link org.rlhf4j.training.Stage} in a
 * {@link org.rlhf4j.training.run.RunDirectory}: metrics, progress, checkpoints, resume. The
 * packages beneath are run, display, optimizer, health and tensorboard.
 */
package org.rlhf4j.training;
