/**
 * What the metrics of a run give reason to warn of. A {@link
 * org.rlhf4j.training.health.HealthCheck} is one sign with its advice; {@link
 * org.rlhf4j.training.health.HealthWatch} looks for all of them after each step and says each once.
 */
package org.rlhf4j.training.health;
