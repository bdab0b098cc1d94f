package org.rlhf4j.data.row;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import org.rlhf4j.data.file.Fields;
import org.rlhf4j.data.file.Location;
import org.rlhf4j.model.chat.ChatMessage;

/** A message list that is put together of several fields. */
final class Dialogue {

  private final ArrayNode messages = JsonNodeFactory.instance.arrayNode();

  Dialogue system(String text) {
    return said(ChatMessage.SYSTEM, text);
  }

  Dialogue user(String text) {
    return said(ChatMessage.USER, text);
  }

  Dialogue assistant(String text) {
    return said(ChatMessage.ASSISTANT, text);
  }

  /** Earlier turns: pairs of a question and its answer, or messages. */
  void history(JsonNode turns, Location place) {
    for (JsonNode turn : turns) {
      if (turn.isObject()) {
        messages.add(turn);
      } else if (turn.size() == 2 && turn.path(0).isTextual() && turn.path(1).isTextual()) {
        user(Fields.text(FieldNames.HISTORY, turn.path(0), place));
        assistant(Fields.text(FieldNames.HISTORY, turn.path(1), place));
      } else {
        throw Fields.wrong(FieldNames.HISTORY, "pairs of a question and its answer", turn, place);
      }
    }
  }

  /** Adds a message list, or a single message. */
  Dialogue add(JsonNode more) {
    if (more.isArray()) {
      more.forEach(messages::add);
    } else {
      messages.add(more);
    }
    return this;
  }

  ArrayNode messages() {
    return messages;
  }

  private Dialogue said(String role, String text) {
    messages.addObject().put("role", role).put("content", text);
    return this;
  }
}
