package org.rlhf4j.data.row;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.rlhf4j.model.chat.ChatMessage;

/**
 * A row given as messages. How a model reads them its chat template says, so they become text when
 * they become token ids.
 *
 * @param prompt what comes before the completions; empty where the assistant opens
 * @param completions the messages of each; none in a prompt alone
 */
public record Messages(List<ChatMessage> prompt, List<List<ChatMessage>> completions) {

  /** Keeps unmodifiable copies. */
  public Messages {
    prompt = List.copyOf(prompt);
    completions = completions.stream().map(List::copyOf).toList();
  }

  /** The whole dialogue with one of the completions. */
  public List<ChatMessage> with(List<ChatMessage> completion) {
    List<ChatMessage> all = new ArrayList<>(prompt);
    all.addAll(completion);
    return all;
  }

  /** The same with the best completion alone. */
  Messages best() {
    return new Messages(prompt, completions.subList(0, 1));
  }

  /**
   * Messages as text that is the same for every model: what rows are told apart and held out by.
   */
  static String transcript(List<ChatMessage> messages) {
    return messages.stream()
        .map(message -> message.role() + ": " + message.content())
        .collect(Collectors.joining("\n"));
  }
}
