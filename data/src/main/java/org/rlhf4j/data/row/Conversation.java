package org.rlhf4j.data.row;

import java.util.List;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.model.chat.ChatMessage;

/**
 * A prompt that is messages. Each model that reads it does so by its own chat template.
 *
 * @param messages what is said before the assistant answers; none where it opens
 * @param location where the row begins
 */
public record Conversation(List<ChatMessage> messages, Location location) {

  /** Keeps an unmodifiable copy. */
  public Conversation {
    messages = List.copyOf(messages);
  }

  /** With each of some answers as the assistant's turn. */
  public Messages answered(List<String> answers) {
    return new Messages(
        messages,
        answers.stream()
            .map(answer -> List.of(new ChatMessage(ChatMessage.ASSISTANT, answer)))
            .toList());
  }
}
