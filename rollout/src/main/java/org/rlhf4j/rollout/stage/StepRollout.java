package org.rlhf4j.rollout.stage;

import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.training.run.Metrics;

/**
 * A step's rollout, and what became of it on the way.
 *
 * @param rollout scored, without the completions to which no reward applies; behind those of the
 *     step itself the ones of steps before
 * @param metrics unscored, where programs judge: completions left out since no reward applies to
 *     them; resampled_groups, where groups may be: prompts sampled beyond the step's own;
 *     replayed_completions and replayed_age, where there are such; servers_lost, server_retries and
 *     publishing_seconds, where servers sample
 */
public record StepRollout(Rollout rollout, Metrics metrics) {}
