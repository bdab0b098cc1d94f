package org.rlhf4j.data.row;

import java.util.Optional;
import org.rlhf4j.data.file.Location;

/**
 * What a model should say.
 *
 * @param prompt the prompt; empty in a text row
 * @param completion the completion, or the whole of a text row
 * @param trainOnAll whether this is a text row, of which every token is trained on
 * @param location where the row begins
 * @param messages where it is given as messages, those
 */
public record Demonstration(
    String prompt,
    String completion,
    boolean trainOnAll,
    Location location,
    Optional<Messages> messages)
    implements Row {

  /**
   * Creates a demonstration that is text.
   *
   * @param prompt the prompt; empty in a text row
   * @param completion the completion, or the whole of a text row
   * @param trainOnAll whether this is a text row
   * @param location where the row begins
   */
  public Demonstration(String prompt, String completion, boolean trainOnAll, Location location) {
    this(prompt, completion, trainOnAll, location, Optional.empty());
  }

  @Override
  public String splitKey() {
    return prompt.isEmpty() ? completion : prompt;
  }
}
