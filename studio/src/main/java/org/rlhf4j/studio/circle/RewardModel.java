package org.rlhf4j.studio.circle;

import java.nio.file.Path;

/**
 * A reward model that labels can be held against.
 *
 * @param id its number
 * @param name what it is called
 * @param folder its run or model folder
 * @param training the number of the training that made it; null of one that was brought along
 * @param created when the studio came to know it, in milliseconds since 1970
 */
public record RewardModel(long id, String name, Path folder, Long training, long created) {}
