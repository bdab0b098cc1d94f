package org.rlhf4j.model.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What one side of a dialogue says.
 *
 * @param role {@code system}, {@code user} or {@code assistant}, or another that the template knows
 * @param content the text; empty where there is none
 * @param further what else a template sees of the message: {@code tool_calls}, {@code name}, …; a
 *     {@code content} of null where the message has none
 */
public record ChatMessage(String role, String content, Map<String, Object> further) {

  /** The role whose turns a model is trained on. */
  public static final String ASSISTANT = "assistant";

  /** The role of the one who asks. */
  public static final String USER = "user";

  /** The role that says how the assistant should be. */
  public static final String SYSTEM = "system";

  /** The field with the functions that the assistant calls. */
  public static final String TOOL_CALLS = "tool_calls";

  /** The field that says whether a turn is trained on: 0 or 1. */
  public static final String WEIGHT = "weight";

  /** Refuses nulls, and keeps an unmodifiable copy. */
  public ChatMessage {
    Objects.requireNonNull(role);
    Objects.requireNonNull(content);
    further = Collections.unmodifiableMap(new LinkedHashMap<>(further));
  }

  /**
   * Creates a message that is text alone.
   *
   * @param role who says it
   * @param content the text
   */
  public ChatMessage(String role, String content) {
    this(role, content, Map.of());
  }

  /**
   * Tells whether the model says this.
   *
   * @return whether the role is {@link #ASSISTANT}
   */
  public boolean isAssistant() {
    return role.equals(ASSISTANT);
  }

  /**
   * Tells whether this is text that the assistant begins and may go on with.
   *
   * @return whether it is the assistant's, and calls no tool
   */
  public boolean isContinuable() {
    return isAssistant() && !further.containsKey(TOOL_CALLS);
  }

  /**
   * Tells whether a turn of the assistant's is context alone: its {@code weight} is 0.
   *
   * @return whether it isn't trained on
   */
  public boolean isContext() {
    return further.get(WEIGHT) instanceof Number weight && weight.doubleValue() == 0;
  }

  /**
   * Goes on with a text.
   *
   * @param more what follows this content, without anything between
   * @return the whole message
   */
  public ChatMessage followedBy(ChatMessage more) {
    Map<String, Object> all = new LinkedHashMap<>(further);
    all.putAll(more.further);
    return new ChatMessage(role, content + more.content, all);
  }

  /** As a template sees it. */
  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("role", role);
    fields.put("content", content);
    fields.putAll(further);
    return fields;
  }
}
