package org.rlhf4j.studio.label;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.data.row.Comparison;
import org.rlhf4j.data.row.Messages;
import org.rlhf4j.model.chat.ChatMessage;

/** An item as a row of data, as a model reads it: the way back from {@link RowItems}. */
public final class ItemRow {

  private ItemRow() {}

  /**
   * A pair or a ranking as a comparison. Its completions have the item's order, which says nothing
   * about which is better.
   *
   * @param item with two completions or more
   */
  public static Comparison of(Item item) {
    Location location = new Location("item " + item.id(), 1, 1);
    List<String> texts = new ArrayList<>();
    item.completions().forEach(said -> texts.add(said.isTextual() ? said.textValue() : ""));
    if (item.prompt().isTextual()) {
      return new Comparison(item.prompt().textValue(), texts, 0, location);
    }
    List<List<ChatMessage>> completions = new ArrayList<>();
    item.completions().forEach(said -> completions.add(completion(said)));
    Messages messages = new Messages(messages(item.prompt()), completions);
    return new Comparison("", texts, 0, location, Optional.of(messages), Map.of());
  }

  private static List<ChatMessage> completion(JsonNode said) {
    return said.isTextual()
        ? List.of(new ChatMessage(ChatMessage.ASSISTANT, said.textValue()))
        : messages(said);
  }

  private static List<ChatMessage> messages(JsonNode list) {
    List<ChatMessage> messages = new ArrayList<>();
    list.forEach(
        message ->
            messages.add(
                new ChatMessage(message.path("role").asText(), message.path("content").asText())));
    return messages;
  }
}
