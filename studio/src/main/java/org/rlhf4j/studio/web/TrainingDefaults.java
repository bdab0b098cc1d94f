package org.rlhf4j.studio.web;

import java.nio.file.Path;
import java.util.Optional;
import org.rlhf4j.studio.train.TrainingSettings;

/**
 * What a training starts from and how it goes, if nobody says otherwise on the page.
 *
 * @param model a language model that it may start from, if the studio has one
 * @param modelName what that is called
 * @param settings how it goes
 */
public record TrainingDefaults(Optional<Path> model, String modelName, TrainingSettings settings) {}
