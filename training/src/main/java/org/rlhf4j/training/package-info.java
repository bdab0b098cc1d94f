/** What every stage's loop shares: optimizer, schedules, run directory, checkpoints, metrics. */
package org.rlhf4j.training;
