package org.rlhf4j.studio.label;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * Something to label.
 *
 * @param id its number
 * @param kind what is asked
 * @param prompt a text, or a list of messages
 * @param completions a list; each a text, or a list of messages. Of a prompt to write for it is
 *     empty, or has what is there already
 */
public record Item(long id, ItemKind kind, JsonNode prompt, JsonNode completions) {}
