package org.rlhf4j.studio.label;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * The prompts whose labels are kept back: no training learns from them, and no reward model has a
 * say in when they are labelled. So they are a random sample that judges every model fairly.
 *
 * @param share of all prompts, from 0 up to 1; a hash of the prompt decides which
 */
public record KeptPrompts(double share) {

  /** Whether an item of this prompt is kept back. */
  public boolean has(JsonNode prompt) {
    return NewItem.randomPlace(NewItem.sha256("kept back\n" + prompt)) < share;
  }
}
