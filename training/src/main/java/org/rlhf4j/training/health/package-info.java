/**
 * What the metrics of a run give reason to warn of. A {@link
 * org.rlhf4j.training.health.HealthCheck} is one sign with its advice, declared where its metrics
 * are written; those of every stage are in {@link org.rlhf4j.training.health.TrainingHealth}.
 * {@link org.rlhf4j.training.health.HealthWatch} looks for a stage's after each step and says each
 * once.
 */
package org.rlhf4j.training.health;
