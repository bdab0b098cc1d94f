package org.rlhf4j.data;

import java.util.Optional;

/**
 * A prompt to sample from.
 *
 * @param prompt the prompt
 * @param answer what a reward program compares a completion with, where the row has it
 * @param location where the row begins
 */
public record PromptRow(String prompt, Optional<String> answer, Location location) implements Row {

  @Override
  public String splitKey() {
    return prompt;
  }
}
