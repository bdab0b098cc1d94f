package org.rlhf4j.ppo;

import java.util.List;
import org.rlhf4j.rollout.Rollout;
import org.rlhf4j.training.run.Metrics;

/**
 * A step that was made.
 *
 * @param rollout the batch with all that was learnt from
 * @param advantages for each completion, in flat order, one per token: whitened
 * @param updates in their order
 * @param metrics of the step
 */
public record PpoStep(
    Rollout rollout, float[][] advantages, List<PpoUpdate> updates, Metrics metrics) {}
