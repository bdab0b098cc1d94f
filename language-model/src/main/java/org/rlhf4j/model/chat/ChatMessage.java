package org.rlhf4j.model.chat;

import java.util.Map;
import java.util.Objects;

/**
 * What one side of a dialogue says.
 *
 * @param role {@code system}, {@code user} or {@code assistant}, or another that the template knows
 * @param content the text
 */
public record ChatMessage(String role, String content) {

  /** The role whose turns a model is trained on. */
  public static final String ASSISTANT = "assistant";

  /** Refuses nulls. */
  public ChatMessage {
    Objects.requireNonNull(role);
    Objects.requireNonNull(content);
  }

  /**
   * Tells whether the model says this.
   *
   * @return whether the role is {@link #ASSISTANT}
   */
  public boolean isAssistant() {
    return role.equals(ASSISTANT);
  }

  /** As a template sees it. */
  Map<String, String> fields() {
    return Map.of("role", role, "content", content);
  }
}
