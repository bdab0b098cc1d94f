package org.rlhf4j.rollout.stage;

import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.training.run.Metrics;

/**
 * A step's rollout, and what became of it on the way.
 *
 * @param rollout scored, without the completions to which no reward applies
 * @param metrics unscored, where programs judge: completions left out since no reward applies to
 *     them; resampled_groups, where groups may be: prompts sampled beyond the step's own
 */
public record StepRollout(Rollout rollout, Metrics metrics) {}
