package org.rlhf4j.studio.circle;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A pair of which the reward model prefers the completion that people like less.
 *
 * @param item the item's number
 * @param prompt a text, or messages
 * @param better the completion that people prefer
 * @param worse the one that the model prefers
 * @param margin the score of the first less that of the second, below 0
 * @param votes how many people say so
 * @param others how many say the contrary
 * @param learnt whether the model has learnt from this label
 * @param mine whether the one who asks may label it again: they have said something, and no
 *     reviewer has settled it
 * @param sent whether it is sent to reviewers
 */
public record WrongPair(
    long item,
    JsonNode prompt,
    JsonNode better,
    JsonNode worse,
    double margin,
    int votes,
    int others,
    boolean learnt,
    boolean mine,
    boolean sent) {}
