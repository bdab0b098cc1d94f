package org.rlhf4j.studio.label;

/**
 * Items with one purpose.
 *
 * @param id its number
 * @param name its name
 * @param guidelines what an annotator should know, in Markdown
 * @param target annotators that each item should have
 */
public record Project(long id, String name, String guidelines, int target) {}
