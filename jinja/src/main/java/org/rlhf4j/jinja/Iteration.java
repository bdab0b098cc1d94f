package org.rlhf4j.jinja;

import java.util.List;

/**
 * What can be gone over but is no list: a generator, a range, a view of a dictionary.
 *
 * @param items in order
 * @param sized whether it has a length
 */
record Iteration(List<Object> items, boolean sized) {}
