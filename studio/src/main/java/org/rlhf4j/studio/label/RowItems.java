package org.rlhf4j.studio.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Optional;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Demonstration;
import org.rlhf4j.data.row.PromptRow;
import org.rlhf4j.data.row.Row;
import org.rlhf4j.model.chat.ChatMessage;

/**
 * Rows of data as items. A comparison, or {@code prompt, completions} with two of them, is one to
 * compare; with more it is one to rank. A prompt is one to write for, and so is a demonstration,
 * whose completion is then there to be checked.
 */
final class RowItems {

  private static final ObjectMapper JSON = new ObjectMapper();

  private RowItems() {}

  /**
   * Makes an item of a row.
   *
   * @param row the row
   * @param labelled whether its order says what is best
   * @return the item; empty of a text without a prompt
   */
  static Optional<NewItem> of(Row row, boolean labelled) {
    if (row instanceof Comparison comparison) {
      ItemKind kind = comparison.completions().size() == 2 ? ItemKind.COMPARE : ItemKind.RANK;
      return Optional.of(item(kind, row, comparison.completions(), labelled));
    }
    if (row instanceof Demonstration demonstration) {
      return demonstration.trainOnAll()
          ? Optional.empty()
          : Optional.of(item(ItemKind.WRITE, row, List.of(demonstration.completion()), true));
    }
    return row instanceof PromptRow
        ? Optional.of(item(ItemKind.WRITE, row, List.of(), false))
        : Optional.empty();
  }

  private static NewItem item(ItemKind kind, Row row, List<String> texts, boolean labelled) {
    ArrayNode completions = JSON.createArrayNode();
    JsonNode prompt = TextNode.valueOf(row.prompt());
    if (row.messages().isPresent()) {
      prompt = messages(row.messages().get().prompt());
      row.messages().get().completions().forEach(completion -> completions.add(reply(completion)));
    } else {
      texts.forEach(completions::add);
    }
    return new NewItem(kind, prompt, completions, labelled, row.location().toString());
  }

  /** One turn of the assistant is its text, which counts as what the assistant says. */
  private static JsonNode reply(List<ChatMessage> completion) {
    return completion.size() == 1 && completion.get(0).isAssistant()
        ? TextNode.valueOf(completion.get(0).content())
        : messages(completion);
  }

  static ArrayNode messages(List<ChatMessage> messages) {
    ArrayNode list = JSON.createArrayNode();
    for (ChatMessage message : messages) {
      list.addObject().put("role", message.role()).put("content", message.content());
    }
    return list;
  }
}
