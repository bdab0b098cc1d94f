package org.rlhf4j.data.row;

import java.util.List;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.model.chat.ChatMessage;

/**
 * A prompt that is messages. Each model that reads it does so by its own chat template.
 *
 * @param messages what is said before the assistant answers; none where it opens
 * @param tools descriptions of the functions that the assistant may call; none in most rows
 * @param location where the row begins
 */
public record Conversation(List<ChatMessage> messages, List<Object> tools, Location location) {

  /** Keeps unmodifiable copies. */
  public Conversation {
    messages = List.copyOf(messages);
    tools = List.copyOf(tools);
  }

  /** With each of some answers as the assistant's turn. */
  public Messages answered(List<String> answers) {
    return new Messages(
        messages,
        answers.stream()
            .map(answer -> List.of(new ChatMessage(ChatMessage.ASSISTANT, answer)))
            .toList(),
        tools);
  }
}
