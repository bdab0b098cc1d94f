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
 * @param tools descriptions of the functions that the assistant may call; none in most rows
 */
public record Messages(
    List<ChatMessage> prompt, List<List<ChatMessage>> completions, List<Object> tools) {

  /** Keeps unmodifiable copies. */
  public Messages {
    prompt = List.copyOf(prompt);
    completions = completions.stream().map(List::copyOf).toList();
    tools = List.copyOf(tools);
  }

  /**
   * Creates messages without tools.
   *
   * @param prompt what comes before the completions
   * @param completions the messages of each
   */
  public Messages(List<ChatMessage> prompt, List<List<ChatMessage>> completions) {
    this(prompt, completions, List.of());
  }

  /** Whether the prompt ends in the beginning of an answer, which each completion goes on with. */
  public boolean isContinued() {
    return !prompt.isEmpty()
        && prompt.get(prompt.size() - 1).isContinuable()
        && completions.stream().allMatch(said -> !said.isEmpty() && said.get(0).isAssistant());
  }

  /** The whole dialogue with one of the completions. */
  public List<ChatMessage> with(List<ChatMessage> completion) {
    List<ChatMessage> all = new ArrayList<>(prompt);
    boolean goesOn = isContinued() && !completion.isEmpty();
    if (goesOn) {
      all.set(all.size() - 1, all.get(all.size() - 1).followedBy(completion.get(0)));
    }
    all.addAll(completion.subList(goesOn ? 1 : 0, completion.size()));
    return all;
  }

  /** The same with the best completion alone. */
  Messages best() {
    return new Messages(prompt, completions.subList(0, 1), tools);
  }

  /**
   * Messages as text that is the same for every model: what rows are told apart and held out by.
   */
  static String transcript(List<ChatMessage> messages) {
    return messages.stream()
        .map(message -> message.role() + ": " + message.content() + calls(message))
        .collect(Collectors.joining("\n"));
  }

  private static String calls(ChatMessage message) {
    Object calls = message.further().get(ChatMessage.TOOL_CALLS);
    return calls == null ? "" : calls.toString();
  }
}
