package org.rlhf4j.rollout.stage;

import java.util.List;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.training.run.Metrics;

/**
 * A step that was made.
 *
 * @param rollout the batch with all that was learnt from
 * @param advantages for each completion, in flat order, one per token
 * @param updates what each update measured, in their order
 * @param metrics of the step
 * @param <U> what an update measures
 */
public record LearntStep<U>(
    Rollout rollout, float[][] advantages, List<U> updates, Metrics metrics) {}
