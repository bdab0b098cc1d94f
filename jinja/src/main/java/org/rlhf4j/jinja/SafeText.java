package org.rlhf4j.jinja;

/**
 * What the filter {@code safe} gives. It is written as it is; Jinja escapes what is joined to it.
 */
record SafeText(String text) {}
