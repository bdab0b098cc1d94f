package org.rlhf4j.grpo;

import java.util.List;
import org.rlhf4j.training.run.Metrics;

/**
 * A step that was made.
 *
 * @param advantages for each completion, in flat order, one per token, all of them equal
 * @param updates in their order
 * @param metrics of the step
 */
public record GrpoStep(float[][] advantages, List<GrpoUpdate> updates, Metrics metrics) {}
