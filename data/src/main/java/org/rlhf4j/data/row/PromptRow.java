package org.rlhf4j.data.row;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.data.file.Location;

/**
 * A prompt to sample from.
 *
 * @param prompt the prompt; of messages a transcript until it is what a chat template writes
 * @param answer what a reward program compares a completion with, where the row has it
 * @param location where the row begins
 * @param messages where it is given as messages, those
 * @param fields the row's further fields by name, where they were asked for: strings, numbers,
 *     booleans, lists and maps of these
 */
public record PromptRow(
    String prompt,
    Optional<String> answer,
    Location location,
    Optional<Messages> messages,
    Map<String, Object> fields)
    implements Row {

  /** Keeps an unmodifiable copy. */
  public PromptRow {
    fields = fields.isEmpty() ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  /**
   * Creates a prompt that is text, without further fields.
   *
   * @param prompt the prompt
   * @param answer what a reward program compares a completion with, where the row has it
   * @param location where the row begins
   */
  public PromptRow(String prompt, Optional<String> answer, Location location) {
    this(prompt, answer, location, Optional.empty(), Map.of());
  }

  PromptRow withFields(Map<String, Object> further) {
    return new PromptRow(prompt, answer, location, messages, further);
  }

  /** The prompt of messages as a chat template writes it. */
  public PromptRow rendered(String text) {
    return new PromptRow(text, answer, location, messages, fields);
  }

  /**
   * Returns what another model than the one that is sampled from reads by its own chat template.
   *
   * @return the messages with their place, or nothing where the prompt is text
   */
  public Optional<Conversation> conversation() {
    return messages.map(given -> new Conversation(given.prompt(), given.tools(), location));
  }

  @Override
  public String splitKey() {
    return prompt;
  }
}
