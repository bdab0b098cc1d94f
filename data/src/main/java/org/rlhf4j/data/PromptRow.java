package org.rlhf4j.data;

import java.util.Optional;

/**
 * A prompt to sample from.
 *
 * @param prompt the prompt
 * @param answer what a reward program compares a completion with, where the row has it
 * @param location where the row begins
 * @param messages where it is given as messages, those
 */
public record PromptRow(
    String prompt, Optional<String> answer, Location location, Optional<Messages> messages)
    implements Row {

  /**
   * Creates a prompt that is text.
   *
   * @param prompt the prompt
   * @param answer what a reward program compares a completion with, where the row has it
   * @param location where the row begins
   */
  public PromptRow(String prompt, Optional<String> answer, Location location) {
    this(prompt, answer, location, Optional.empty());
  }

  @Override
  public String splitKey() {
    return prompt;
  }
}
