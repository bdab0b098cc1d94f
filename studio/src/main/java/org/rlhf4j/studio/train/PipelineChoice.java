package org.rlhf4j.studio.train;

import java.nio.file.Path;
import org.rlhf4j.settings.MachineSettings;

/**
 * What the pipeline file of each training says beside its recipe.
 *
 * @param judgeData labelled rows to judge on, or null for those kept back
 * @param machine device, threads, precision and seed
 */
public record PipelineChoice(Path judgeData, MachineSettings machine) {}
