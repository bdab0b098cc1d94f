package org.rlhf4j.testing.stages;

import java.nio.file.Path;
import org.rlhf4j.training.StageType;

/**
 * A stage that learns from rows.
 *
 * @param type the stage
 * @param model what its runs start from
 * @param answer the JSON of a row but for its prompt, with {@code %d} for a number of its own
 */
public record RowStage(StageType<?> type, Path model, String answer) {}
