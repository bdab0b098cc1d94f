package org.rlhf4j.data;

/**
 * What a model should say.
 *
 * @param prompt the prompt; empty in a text row
 * @param completion the completion, or the whole of a text row
 * @param trainOnAll whether this is a text row, of which every token is trained on
 * @param location where the row begins
 */
public record Demonstration(String prompt, String completion, boolean trainOnAll, Location location)
    implements Row {

  @Override
  public String splitKey() {
    return prompt.isEmpty() ? completion : prompt;
  }
}
