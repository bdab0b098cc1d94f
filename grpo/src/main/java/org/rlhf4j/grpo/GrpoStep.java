package org.rlhf4j.grpo;

import java.util.List;
import org.rlhf4j.training.Metrics;

/**
 * A step that was made.
 *
 * @param updates in their order
 * @param metrics of the step
 */
public record GrpoStep(List<GrpoUpdate> updates, Metrics metrics) {}
